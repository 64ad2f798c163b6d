import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { samplesDirectory } from '../support/model-files.ts'
import { startSystem, type System } from '../support/system.ts'

const run = promisify(execFile)
const timeoutMs = 120_000

/** The commands of the first code block of the README that contains `text`, with this system's addresses and files. */
async function readmeCommands(text: string, system: System): Promise<string> {
  const readme = await readFile('README.md', 'utf8')
  const blocks = Array.from(readme.matchAll(/```bash\n(.*?)```/gs), ([, block]) => block ?? '')
  const found = blocks.find((block) => block.includes(text))
  if (found === undefined) throw new Error(`the README has no command ${text}`)
  return found
    .replaceAll('http://127.0.0.1:8080', system.url)
    .replaceAll('@photo.jpg', `@${path.join(samplesDirectory(), 'sample1.jpg')}`)
}

describe('the README', () => {
  let system: System

  beforeAll(async () => {
    system = await startSystem({ synthetic: true })
  }, timeoutMs)

  afterAll(() => system.stop(), timeoutMs)

  const bash = async (...commands: string[]) =>
    (
      await run('bash', ['-euo', 'pipefail', '-c', commands.join('\n')], {
        env: system.environment,
      })
    ).stdout

  it(
    'shows commands that create a client, get a token and post a photo',
    async () => {
      const create = await readmeCommands('client create my-app', system)
      const post = await readmeCommands('--data-binary', system)
      expect(await bash(create, 'echo', post)).toContain('"transactionId":"case-17"')
    },
    timeoutMs,
  )

  it(
    'shows the two requests that give a token',
    async () => {
      const created = await bash('./racc client create by-hand --json')
      const { clientId, clientSecret } = JSON.parse(created) as Record<string, string>
      const requests = await readmeCommands('authorisation/v1/token', system)
      const answer = await bash(
        `CLIENT_ID='${clientId}'`,
        `CLIENT_SECRET='${clientSecret}'`,
        requests,
      )
      expect(JSON.parse(answer)).toMatchObject({
        token_type: 'Bearer',
        access_token: expect.any(String),
      })
    },
    timeoutMs,
  )

  it(
    'shows how to give a client other rights',
    async () => {
      expect(await bash(await readmeCommands('client create kiosk', system))).toContain('kiosk')
    },
    timeoutMs,
  )
})
