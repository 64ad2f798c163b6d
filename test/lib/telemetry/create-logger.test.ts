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
})
