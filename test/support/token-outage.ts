import { setTimeout } from 'node:timers/promises'
import { generateImage } from './generate-image.ts'
import { startTestIngestion } from './ingestion.ts'
import { createTestKafka } from './kafka.ts'
import { startOwnServer, type OwnServer } from './own-servers.ts'
import { startTokenServices, type TokenServices } from './token-services.ts'
import { until } from './until.ts'

/** Token services and ingestion beside a PostgreSQL of their own, which a test may take away. */
export interface TokenOutage {
  readonly postgres: OwnServer
  readonly services: TokenServices
  /** Posts an image; resolves with the status of the answer. */
  post(token: string, transaction: string): Promise<number>
  stop(): Promise<void>
}

/** Starts everything; from then on the environment names the PostgreSQL of the test. */
export async function startTokenOutage(): Promise<TokenOutage> {
  const postgres = await startOwnServer('postgres')
  Object.assign(process.env, postgres.environment)
  const kafka = await createTestKafka()
  const services = await startTokenServices()
  const ingestion = await startTestIngestion({ kafka: kafka.options, keys: services.keys })
  await until('ingestion is ready', async () => (await ingestion.readiness())['kafka'] === 'ok')
  const image = await generateImage(1)
  return {
    ...{ postgres, services },
    async post(token, transaction) {
      const response = await fetch(`${ingestion.url}/ingest/v1/${transaction}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: image,
      })
      await response.arrayBuffer()
      return response.status
    },
    async stop() {
      await ingestion.stop()
      await services.stop()
      await kafka.drop()
      await postgres.drop()
    },
  }
}

/** Load, not a flood: the machine has other tests to run. */
const pauseMs = 20

/** Does something again and again until it is stopped; what was done last is the last result. */
export function keepDoing<Result>(act: (count: number) => Promise<Result>) {
  const results: Result[] = []
  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      results.push(await act(results.length))
      await setTimeout(pauseMs)
    }
  })()
  return {
    results,
    async stop() {
      stopping.abort()
      await running
    },
  }
}
