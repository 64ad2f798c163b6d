import { randomBytes, randomUUID } from 'node:crypto'
import type { AttemptEvent } from '../../../activities/delivery/attempt-parcel.ts'
import { createAddressPolicy } from '../../../activities/delivery/create-address-policy.ts'
import { createByteBudget } from '../../../activities/delivery/create-byte-budget.ts'
import { createConnector } from '../../../activities/delivery/create-connector.ts'
import { createHostLimiter } from '../../../activities/delivery/create-host-limiter.ts'
import { createLanes, type Lanes } from '../../../activities/delivery/create-lanes.ts'
import { createSender } from '../../../activities/delivery/create-sender.ts'
import { createSigner } from '../../../activities/delivery/create-signer.ts'
import type {
  DeliveryResult,
  DeliveryRunOptions,
} from '../../../activities/delivery/delivery-run.ts'
import { runDelivery } from '../../../activities/delivery/run-delivery.ts'
import type { EndpointRow } from '../../../workers/push/journal/append-deliveries.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../support/push-journal.ts'
import {
  startWebhookSink,
  type ReceivedWebhook,
  type SinkAnswer,
  type WebhookSink,
} from '../../support/webhook-sink.ts'

/** What a claim may say. */
export interface TestClaim {
  readonly maxConcurrency?: number
  readonly maxRate?: number
  readonly batch?: { readonly maxMessages: number; readonly maxWaitMs: number }
}

/** An endpoint with its sink, and runs over its journal that fall asleep at once. */
export interface RunFixture {
  readonly sink: WebhookSink
  readonly endpoint: EndpointRow
  readonly events: AttemptEvent[]
  append(ids: readonly string[], body?: string): Promise<void>
  run(options?: Partial<DeliveryRunOptions> & { probe?: boolean }): Promise<DeliveryResult>
  /** The states of the messages by their id. */
  outcomes(): Promise<Record<string, string>>
}

/** Fixtures on one journal and one set of lanes. */
export interface RunFixtures {
  readonly test: TestPushJournal
  readonly lanes: Lanes
  create(
    answer?: (webhook: ReceivedWebhook) => SinkAnswer | Promise<SinkAnswer>,
    claim?: TestClaim,
  ): Promise<RunFixture>
  closeSinks(): Promise<void>
  drop(): Promise<void>
}

/** Places at one host: more than any test takes, unless it says otherwise. */
const defaultMaxPerHost = 1_000

/** Creates a journal of their own for fixtures. */
export async function createRunFixtures(maxPerHost = defaultMaxPerHost): Promise<RunFixtures> {
  const test = await createTestPushJournal()
  const connector = createConnector(createAddressPolicy(['127.0.0.0/8']))
  const lanes = createLanes({
    hosts: createHostLimiter(maxPerHost),
    createSender: (origin) => createSender({ origin, connector }),
  })
  const sinks: WebhookSink[] = []
  return {
    test,
    lanes,
    async create(answer, claim = {}) {
      const sink = await startWebhookSink(answer)
      sinks.push(sink)
      const endpoint = test.createEndpoint({ url: sink.url, ...claim })
      return createFixture(test, lanes, sink, endpoint)
    },
    async closeSinks() {
      await lanes.close()
      await Promise.all(sinks.splice(0).map((sink) => sink.close()))
    },
    async drop() {
      await lanes.close()
      await test.drop()
    },
  }
}

function createFixture(
  test: TestPushJournal,
  lanes: Lanes,
  sink: WebhookSink,
  endpoint: EndpointRow,
): RunFixture {
  const { endpointId } = endpoint
  const events: AttemptEvent[] = []
  return {
    sink,
    endpoint,
    events,
    async append(ids, body) {
      await test.journal.append(ids.map((id) => createDelivery(endpoint, id, body)))
    },
    async run({ probe = false, ...options } = {}) {
      const owner = randomUUID()
      const claimed = await test.journal.claim(endpointId, owner)
      if (claimed === undefined) throw new Error('no such endpoint')
      const url = new URL(claimed.url)
      const lane = lanes.enter(endpointId, url, claimed)
      if (probe) lane.probe()
      try {
        return await runDelivery({
          journal: test.journal,
          lane,
          budget: createByteBudget(Infinity),
          signer: createSigner(claimed),
          endpointId,
          endpoint: claimed,
          url,
          owner,
          userAgent: 'ips/test',
          lingerMs: 0,
          stop: new AbortController().signal,
          clock: Date.now,
          random: randomBytes,
          onAttempt: (event) => void events.push(event),
          ...options,
        })
      } finally {
        lanes.leave(endpointId)
      }
    },
    async outcomes() {
      const { rows } = await test.pool.query<{ message_id: string; state: string | null }>(
        `SELECT message_id, state FROM deliveries LEFT JOIN outcomes USING (endpoint_id, position)
         WHERE endpoint_id = $1`,
        [endpointId],
      )
      return Object.fromEntries(rows.map((row) => [row.message_id, row.state ?? 'pending']))
    },
  }
}

/** Ids of messages: `message-0` and so on. */
export function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `message-${index}`)
}

/** What `outcomes` gives where all of these are in one state. */
export function allAre(ids: readonly string[], state: string): Record<string, string> {
  return Object.fromEntries(ids.map((id) => [id, state]))
}
