import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Members that are never written, wherever they stand in an event. */
const secretMembers = [
  'authorization',
  'token',
  'secret',
  'password',
  'clientSecret',
  'webhookSecret',
  'privateKey',
]

/**
 * Creates a process's logger: JSON, one wide event per unit of work, its name as `noun.verb` in `event`.
 * Use: `logger.info({ imageId, bytes }, 'image.ingested')`. Writes are synchronous, so that the last event before a
 * crash is on disk.
 */
export function createLogger(options: {
  role: string
  level: string
  destination?: DestinationStream
}): Logger {
  return pino(
    {
      level: options.level,
      base: { role: options.role, pid: process.pid },
      messageKey: 'event',
      errorKey: 'error',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      redact: {
        paths: secretMembers.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[redacted]',
      },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  )
}
