import { listen } from '../../../lib/journal/listen.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { repeat } from '../../../lib/process/repeat.ts'
import type { Logger } from '../../../lib/telemetry/create-logger.ts'
import { appendedChannel } from './channels.ts'
import { readLimits } from './read-messages.ts'

/** What comes to clients' streams, for a whole process. */
export interface FirehoseNews {
  /** Calls `onNews` when something may have been appended to a client's stream; now and then for nothing. Returns how to end it. */
  subscribe(clientId: string, onNews: () => void): () => void
  isConnected(): boolean
  close(): Promise<void>
}

/** Behind the notifications: what a connection loses that nobody knows to be dead. */
const defaultPollIntervalMs = 5_000

/** Listens to PostgreSQL's notifications, with a slow poll behind them: one statement for all clients that are subscribed to. */
export function listenForNews(options: {
  url: string
  database: string
  pool: Pool
  logger: Logger
  pollIntervalMs?: number
}): FirehoseNews {
  const { pool, logger, pollIntervalMs = defaultPollIntervalMs } = options
  const news = listen({ ...options, channels: [appendedChannel] })
  const lastOffsets = new Map<string, string>()

  const poll = async () => {
    const clientIds = news.subscribed()
    const { rows } = await pool.query<{ client_id: string; last_offset: string }>({
      ...readLimits,
      name: 'poll-streams',
      text: 'SELECT client_id, last_offset FROM streams WHERE client_id = ANY($1)',
      values: [clientIds],
    })
    const grown = rows.filter((row) => lastOffsets.get(row.client_id) !== row.last_offset)
    lastOffsets.clear()
    for (const row of rows) lastOffsets.set(row.client_id, row.last_offset)
    news.tell(grown.map((row) => row.client_id))
  }
  const polling = repeat(
    () => poll().catch((error: unknown) => logger.warn({ error }, 'firehose-news.poll-failed')),
    pollIntervalMs,
  )

  return {
    subscribe: (clientId, onNews) => news.subscribe(clientId, onNews),
    isConnected: () => news.isConnected(),
    async close() {
      await polling.stop()
      await news.close()
    },
  }
}
