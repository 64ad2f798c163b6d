import path from 'node:path'
import { clientKeysFolder, createClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import type { Config } from '../../lib/config/settings.ts'
import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import { limitConcurrency } from '../../lib/process/limit-concurrency.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { Registry } from '../../lib/telemetry/create-metrics.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import { roles } from '../../lib/topology.ts'
import {
  createFirehoseJournal,
  type FirehoseReader,
} from '../../workers/firehose/journal/create-firehose-journal.ts'
import { listenForNews } from '../../workers/firehose/journal/listen-for-news.ts'
import type { App } from '../create-app.ts'
import type { StoreGuard } from '../create-store-guard.ts'
import { guardStore } from '../guard-store.ts'
import { migrateEventually } from '../migrate-eventually.ts'
import type { MountedService } from '../mounted-service.ts'
import { createAlarms } from './create-alarms.ts'
import { createStreamMetrics } from './create-stream-metrics.ts'
import { createStreamPlaces } from './create-stream-places.ts'
import type { firehoseStreamSettings } from './firehose-settings.ts'
import { registerFirehose } from './register-firehose.ts'

const schemaDirectory = path.resolve(import.meta.dirname, '../../workers/firehose/schema')
/** Requests that wait for a connection to the database at most: those beyond are answered 503 at once. */
const maxWaitingRequests = 1_000

/**
 * Mounts the stream of the firehose on an app. Starts without its database too, whose schema follows as soon as it is there;
 * streams that are open outlast the database's absence.
 */
export function mountFirehose(
  app: App,
  options: { config: Config<typeof firehoseStreamSettings>; logger: Logger; metrics: Registry },
): MountedService {
  const { config, logger, metrics } = options
  const [name] = roles['firehose-stream'].databases
  const database = `${config.postgresDatabasePrefix}${name}`
  const at = { url: config.postgresUrl, database, logger }
  const size = config.postgresPoolSize
  const pool = createPool({ ...at, size, settings: journalPoolSettings })
  const migration = migrateEventually({ ...at, directory: schemaDirectory })
  const news = listenForNews({ ...at, pool })
  const keys = createClientKeys(clientKeysFolder(config.ipsKeysDirectory, 'firehose'))
  const guard = guardStore({ service: 'firehose', logger, metrics })
  const random = Math.random
  const places = createStreamPlaces({ total: config.firehoseMaxStreams, random })
  const now = () => performance.now()
  registerFirehose(app, {
    tokens: createTokenVerifier({
      keysDirectory: config.ipsKeysDirectory,
      issuer: config.tokenIssuer,
      cacheSize: config.tokenCacheSize,
    }),
    journal: limitReading(createFirehoseJournal(pool, keys), size, guard),
    ...{ news, places, logger, random, now },
    alarms: createAlarms(now),
    metrics: createStreamMetrics(metrics, places.count),
    date: () => new Date(),
    after(delayMs, call) {
      const timer = setTimeout(call, delayMs)
      return () => clearTimeout(timer)
    },
    stallTimeoutMs: config.firehoseStallTimeoutMs,
  })
  return {
    readiness: () => ({ firehose: migration.state() }),
    async stop() {
      await migration.stop()
      await news.close()
      await pool.end()
    },
  }
}

/**
 * No more at a time than there are connections: the others wait here, where no time-out runs, and hear at once when the journal
 * turns out to be away. What waits for a read is bounded by the number of streams, each of which has one at a time.
 */
function limitReading(
  journal: FirehoseReader,
  concurrency: number,
  guard: StoreGuard,
): Pick<FirehoseReader, 'bounds' | 'read'> {
  const requests = limitConcurrency(concurrency, maxWaitingRequests)
  const reads = limitConcurrency(concurrency)
  return {
    bounds: (clientId) => requests(() => guard.run(() => journal.bounds(clientId))),
    read: (...args) => reads(() => guard.run(() => journal.read(...args))),
  }
}
