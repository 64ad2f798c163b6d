import { describe, expect, test } from '@jest/globals'
import { formatLogLine } from '../../../cli/supervisor/format-log-line.ts'
import { createLogger } from '../../../lib/telemetry/create-logger.ts'

/** The lines that a role writes, as `racc logs` shows them. */
function shown(log: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  log(createLogger({ role: 'push', level: 'debug', destination }))
  return lines.map((line) => formatLogLine(line, 6) ?? `raw ${line}`)
}

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`

describe('formatLogLine', () => {
  test('shows time, role, level, event and fields of what a logger writes', () => {
    const [line] = shown((logger) =>
      logger.info({ clientId: 'kiosk', status: 204, detail: 'a b' }, 'webhook.attempted'),
    )
    expect(line).toMatch(
      new RegExp(
        `^${time} push   info  webhook\\.attempted clientId=kiosk status=204 detail="a b"$`,
      ),
    )
  })

  test('shows of an error its code and message, on one line', () => {
    const error = Object.assign(new Error('no\nconnection'), { code: 'ECONNREFUSED' })
    const [line] = shown((logger) => logger.error({ error }, 'consumer.failed'))
    expect(line).toMatch(/ error consumer\.failed error="ECONNREFUSED: no\\nconnection"$/)
  })

  test('cuts long values', () => {
    const [line = ''] = shown((logger) => logger.warn({ body: 'x'.repeat(5_000) }, 'a.b'))
    expect(line.length).toBeLessThan(250)
    expect(line).toMatch(/x…$/)
  })

  test.each(['', 'started', '{"time"', '{"msg":"a server’s own"}', '[1]', 'null'])(
    'leaves %p, which is no event, as it is',
    (line) => {
      expect(formatLogLine(line, 6)).toBeUndefined()
    },
  )
})
