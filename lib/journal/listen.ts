import pg from 'pg'
import { connectionTimeoutMs, databaseUrl } from '../postgres/create-pool.ts'
import type { Logger } from '../telemetry/create-logger.ts'

/** Hears of something about an id. `channel` says of what; without one something may have been missed. */
export type NewsListener = (channel?: string) => void

/** One connection that hears the news of all ids, for a whole process. */
export interface News {
  /** Returns how to end it. */
  subscribe(id: string, listener: NewsListener): () => void
  /** The ids that have listeners. */
  subscribed(): string[]
  /** Tells the listeners of these ids that something may have been missed. */
  tell(ids: readonly string[]): void
  isConnected(): boolean
  close(): Promise<void>
}

/** Where news are heard. */
export interface ListenOptions {
  readonly url: string
  readonly database: string
  /** Their payloads are ids, separated by commas: see `notifyOf`. */
  readonly channels: readonly string[]
  readonly logger: Logger
}

const reconnectDelayMs = 1_000

/**
 * Listens to PostgreSQL's notifications, and connects again for as long as it is not closed. What is said meanwhile is
 * lost: after each connection every listener is told that something may have been missed.
 */
export function listen(options: ListenOptions): News {
  const listeners = createListeners()
  const state: { client?: pg.Client; timer?: NodeJS.Timeout; closed: boolean } = { closed: false }

  const connect = async () => {
    const client = createListeningClient(options)
    client.on('error', (error) => {
      options.logger.warn({ error }, 'journal-news.lost')
      again(client)
    })
    client.on('end', () => again(client))
    client.on('notification', ({ channel, payload = '' }) =>
      listeners.tell(payload.split(','), channel),
    )
    await client.connect()
    await client.query(options.channels.map((channel) => `LISTEN ${channel}`).join('; '))
    if (state.closed) return client.end()
    state.client = client
    listeners.tell(listeners.subscribed())
  }
  const start = () => {
    connect().catch((error: unknown) => {
      options.logger.warn({ error }, 'journal-news.unreachable')
      again(undefined)
    })
  }
  const again = (lost: pg.Client | undefined) => {
    if (lost !== undefined && lost === state.client) delete state.client
    if (state.closed || state.client !== undefined || state.timer !== undefined) return
    state.timer = setTimeout(() => {
      delete state.timer
      start()
    }, reconnectDelayMs)
  }

  start()
  return {
    ...listeners,
    isConnected: () => state.client !== undefined,
    async close() {
      state.closed = true
      clearTimeout(state.timer)
      await state.client?.end()
    },
  }
}

function createListeners() {
  const listeners = new Map<string, Set<NewsListener>>()
  return {
    subscribe(id: string, listener: NewsListener) {
      const known = listeners.get(id) ?? new Set()
      listeners.set(id, known.add(listener))
      return () => {
        known.delete(listener)
        if (known.size === 0 && listeners.get(id) === known) listeners.delete(id)
      }
    },
    subscribed: () => [...listeners.keys()],
    tell(ids: readonly string[], channel?: string) {
      for (const id of ids) listeners.get(id)?.forEach((listener) => listener(channel))
    },
  }
}

function createListeningClient({ url, database }: ListenOptions): pg.Client {
  return new pg.Client({
    connectionString: databaseUrl(url, database),
    application_name: `ips ${database} news`,
    connectionTimeoutMillis: connectionTimeoutMs,
    keepAlive: true,
  })
}
