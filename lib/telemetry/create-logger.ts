import { pino, type DestinationStream, type Logger } from 'pino'
import { createLogDestination } from './create-log-destination.ts'
import { redactSecrets } from './redact-secrets.ts'

export type { Logger } from 'pino'

/**
 * Creates a process's logger: JSON, one wide event per unit of work, its name as `noun.verb` in `event`, without secrets
 * (see `redactSecrets`). Use: `logger.info({ imageId, bytes }, 'image.ingested')`. An event costs a few µs and never waits:
 * it goes to the standard output a moment later, at the latest when the process exits; for what a killed process loses, and
 * for what a slow reader costs, see `createLogDestination`. A fatal event is written at once, with all before it.
 */
export function createLogger(options: {
  role: string
  level: string
  destination?: DestinationStream
}): Logger {
  const logger: Logger = pino(
    {
      level: options.level,
      base: { role: options.role, pid: process.pid },
      messageKey: 'event',
      errorKey: 'error',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (level) => ({ level }),
        log: redactSecrets,
      },
      // It has been made ready to be written already.
      serializers: { error: (error: unknown) => error },
    },
    options.destination ??
      createLogDestination({
        // Of a pipe or socket, this also makes that it does not block.
        fd: process.stdout.fd,
        onDropped: (lines) => logger.warn({ lines }, 'log.dropped'),
      }),
  )
  return logger
}
