import pg from 'pg'
import type {
  EndpointListener,
  Unsubscribe,
} from '../../../activities/delivery/delivery-journal.ts'
import { connectionTimeoutMs, databaseUrl } from '../../../lib/postgres/create-pool.ts'
import type { Logger } from '../../../lib/telemetry/create-logger.ts'
import { appendedChannel, interruptChannel } from './channels.ts'

/** One connection that hears the news of all endpoints, for a whole process. */
export interface News {
  subscribe(endpointId: string, listener: EndpointListener): Unsubscribe
  isConnected(): boolean
  close(): Promise<void>
}

const reconnectDelayMs = 1_000

/**
 * Listens to PostgreSQL's notifications, and connects again for as long as it is not closed. What is said meanwhile is
 * lost: after each connection every listener is told that something may have been appended.
 */
export function listen(options: { url: string; database: string; logger: Logger }): News {
  const listeners = new Map<string, Set<EndpointListener>>()
  const state: { client?: pg.Client; timer?: NodeJS.Timeout; closed: boolean } = { closed: false }

  const tell = (endpointIds: Iterable<string>, call: (listener: EndpointListener) => void) => {
    for (const endpointId of endpointIds) listeners.get(endpointId)?.forEach(call)
  }
  const connect = async () => {
    const client = createListeningClient(options)
    client.on('error', (error) => {
      options.logger.warn({ error }, 'journal-news.lost')
      again(client)
    })
    client.on('end', () => again(client))
    client.on('notification', ({ channel, payload = '' }) => {
      const endpointIds = payload.split(',')
      if (channel === appendedChannel) tell(endpointIds, (listener) => listener.onAppended?.())
      else tell(endpointIds, (listener) => listener.onInterrupted?.())
    })
    await client.connect()
    await client.query(`LISTEN ${appendedChannel}; LISTEN ${interruptChannel}`)
    if (state.closed) return client.end()
    state.client = client
    tell(listeners.keys(), (listener) => listener.onAppended?.())
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
    subscribe(endpointId, listener) {
      const known = listeners.get(endpointId) ?? new Set()
      listeners.set(endpointId, known.add(listener))
      return () => {
        known.delete(listener)
        if (known.size === 0 && listeners.get(endpointId) === known) listeners.delete(endpointId)
      }
    },
    isConnected: () => state.client !== undefined,
    async close() {
      state.closed = true
      clearTimeout(state.timer)
      await state.client?.end()
    },
  }
}

function createListeningClient({ url, database }: { url: string; database: string }): pg.Client {
  return new pg.Client({
    connectionString: databaseUrl(url, database),
    application_name: `ips ${database} news`,
    connectionTimeoutMillis: connectionTimeoutMs,
    keepAlive: true,
  })
}
