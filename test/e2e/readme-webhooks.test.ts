import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { freePort } from '../cli/stand-in.ts'
import { readDocument, runBash, type DocumentCommands } from '../support/document-commands.ts'
import { startSystem, type System } from '../support/system.ts'
import { until } from '../support/until.ts'

const timeoutMs = 180_000

/** The receiver of the README at work. */
interface RunningReceiver {
  readonly lines: readonly string[]
  stop(): Promise<void>
}

function startReceiver(code: string, secret: string): RunningReceiver {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, NODE_OPTIONS: '', WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const exited = once(child, 'exit')
  return {
    lines,
    async stop() {
      child.kill()
      await exited
    },
  }
}

describe('the README’s webhooks', () => {
  let system: System
  let readme: DocumentCommands
  let receiver: RunningReceiver | undefined

  beforeAll(async () => {
    system = await startSystem({ synthetic: true })
    const port = await freePort()
    readme = await readDocument('README.md', system, { '9999': String(port) })
  }, timeoutMs)

  afterAll(async () => {
    await receiver?.stop()
    await system.stop()
  }, timeoutMs)

  const receive = async (output: string) => {
    await receiver?.stop()
    const [, secret = ''] = /webhookSecret +(whsec_\S+)/.exec(output) ?? []
    receiver = startReceiver(readme.code('js'), secret)
    return receiver
  }
  const send = (transaction: string) =>
    runBash(system, readme.find('racc send shop').replace('case-18', transaction))
  const untilReceived = ({ lines }: RunningReceiver, transaction: string) =>
    until(`webhooks of ${transaction}`, () =>
      lines.includes(`vision.v1m0.ImageProcessed ${transaction}`),
    )

  it(
    'are verified by its receiver, with the former secret and with the new one after a rotation',
    async () => {
      const first = await receive(await runBash(system, readme.find('client create shop')))
      await send('case-18')
      await untilReceived(first, 'case-18')
      const rotated = await runBash(system, readme.find('rotate-webhook-secret shop'))
      await send('case-19')
      await untilReceived(first, 'case-19')
      const second = await receive(rotated)
      await send('case-20')
      await untilReceived(second, 'case-20')
    },
    timeoutMs,
  )

  it(
    'are found and steered by the commands for operators, of the guide too',
    async () => {
      const found = await runBash(system, readme.find('deliveries list shop'))
      expect(found).toMatch(/vision\.v1m0\.ImageProcessed +case-18 +delivered/)
      expect(found).toMatch(/^shop → 127\.0\.0\.1:\d+: (delivering|idle)/m)
      const steered = await runBash(system, readme.find('endpoint retry shop'))
      expect(steered).toMatch(/^shop → 127\.0\.0\.1:\d+: paused/m)
      const guide = await readDocument('docs/operations/stuck-delivery.md', system)
      for (const block of guide.findAll('./racc')) await runBash(system, block)
    },
    timeoutMs,
  )

  it(
    'have summaries that are found and steered by the commands for operators',
    async () => {
      const sent = readme.find('racc send shop').replace(/ --images 1 --wait/, ' --images 2')
      await runBash(system, sent.replace('case-18', 'case-21'))
      const show = readme.find('transactions show shop')
      const open = await until('case-21 waits for its second image', async () => {
        const shown = await runBash(system, show.replace('case-18', 'case-21'))
        return shown.includes('1 of 2 announced images are complete') && shown
      })
      expect(open).toMatch(/^case-18 +complete /m)
      expect(open).toMatch(/^case-21 +open +0 +1\/2 /m)
      const steer = readme.find('transactions extend shop').replaceAll('case-19', 'case-21')
      const [extend = '', complete = '', retry = ''] = steer.trim().split('\n')
      expect(await runBash(system, extend)).toContain('an operator has moved its end')
      await expect(runBash(system, retry)).rejects.toMatchObject({
        stderr: expect.stringContaining('nothing has failed'),
      })
      expect(await runBash(system, complete)).toContain('case-21 of shop: partial')
    },
    timeoutMs,
  )
})
