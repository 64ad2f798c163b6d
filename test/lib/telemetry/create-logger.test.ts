import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { createLogger } from '../../../lib/telemetry/create-logger.ts'

describe('createLogger', () => {
  it('writes one line of JSON for an event, without its secrets', () => {
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const logger = createLogger({ role: 'push', level: 'info', destination })
    logger.info(
      { bytes: 3, token: 'a', endpoint: { secret: 'b' }, headers: { authorization: 'c' } },
      'webhook.sent',
    )
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      role: 'push',
      event: 'webhook.sent',
      bytes: 3,
      token: '[redacted]',
      endpoint: { secret: '[redacted]' },
      headers: { authorization: '[redacted]' },
    })
  })

  it('writes the error of an event with its message and its cause', () => {
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const logger = createLogger({ role: 'push', level: 'info', destination })
    logger.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'webhook.failed')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      error: { type: 'Error', message: 'outer: inner' },
    })
  })

  it.each(['exit', 'throw', 'run out of work'])(
    'loses nothing of a process that ends: %s',
    async (end) => {
      const program = path.resolve('test/lib/telemetry/sample-program.ts')
      const child = spawn(process.execPath, [program, end], { stdio: ['ignore', 'pipe', 'ignore'] })
      const lines = (await text(child.stdout)).trimEnd().split('\n')
      const numbers = lines.map((line) => (JSON.parse(line) as { number: number }).number)
      expect(numbers).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1))
    },
  )
})
