import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { createTemporalClient } from '../../../lib/temporal/connect-temporal.ts'
import { topics } from '../../../lib/topology.ts'
import { State } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import { retryNowSignal } from '../../../workflows/messages.ts'
import { transactionStatusQuery } from '../../../workflows/transaction/transaction-messages.ts'
import { transactionWorkflowId } from '../../../workflows/transaction/transaction-start-options.ts'
import { createSummaryFixture, type SummaryFixture } from '../../support/summary.ts'
import { until } from '../../support/until.ts'
import {
  createFaceRecords,
  createTextRecords,
  type TestImage,
} from '../../support/vision-messages.ts'

let fixture: SummaryFixture
let pool: Pool
let client: Client

beforeAll(async () => {
  fixture = await createSummaryFixture()
  await fixture.start()
  pool = await fixture.databases.createDatabase('ips_summary', 'workers/summary/schema')
  client = createTemporalClient({
    address: process.env['TEMPORAL_ADDRESS'] ?? '',
    namespace: 'default',
  })
}, 60_000)

afterAll(async () => {
  await client.connection.close()
  await fixture.drop()
})

const send = (...images: TestImage[]) =>
  fixture.kafka.send(
    topics.vision.name,
    images.flatMap((image) => [...createFaceRecords(image), ...createTextRecords(image)]),
  )

async function createTransaction(): Promise<(image: number) => TestImage> {
  const clientId = randomUUID()
  const correlationId = `case:${randomUUID()}`
  const token = await fixture.issueToken(clientId, { idleSeconds: 3_600 })
  return (image) => ({ ...{ clientId, correlationId, token, image }, announced: 2 })
}

const workflowOf = (image: TestImage) => client.workflow.getHandle(transactionWorkflowId(image))

/** What operators are told when nothing helps any more. */
const untilFailed = (image: TestImage) =>
  until('it has failed', async () => {
    const status = await workflowOf(image)
      .query(transactionStatusQuery)
      .catch(() => undefined)
    return status?.state === 'failed' ? status.failure : undefined
  })

/** Ways to damage what the journal holds of a transaction, each with its repair; `$1` is the transaction. */
const damages: Record<string, { damage: string; repair: string; code: string }> = {
  'a message that is none, from before they were sealed': {
    damage: `UPDATE messages SET sealed = NULL, content = '{"kind": "faces"}'
      WHERE correlation_id = $1 AND service = 'faceextract'`,
    repair: `UPDATE messages SET content = '{"kind": "terminal", "results": 1}'
      WHERE correlation_id = $1 AND service = 'faceextract'`,
    code: 'transaction-unusable',
  },
  'messages whose bytes were changed': {
    damage: `UPDATE messages SET sealed = sealed || '\\x00', content = '{}' WHERE correlation_id = $1`,
    repair: `UPDATE messages SET sealed = substring(sealed FOR octet_length(sealed) - 1), content = NULL
      WHERE correlation_id = $1 AND content IS NOT NULL`,
    code: 'secret-unreadable',
  },
  'times that are no dates': {
    damage: `UPDATE transactions SET token_ingested_at = 'infinity' WHERE correlation_id = $1`,
    repair: `UPDATE transactions SET token_ingested_at = window_start WHERE correlation_id = $1`,
    code: 'transaction-unusable',
  },
  'a former revision that cannot be read': {
    damage: `INSERT INTO summaries (client_id, correlation_id, revision, outcome, messages, value)
      SELECT client_id, correlation_id, 0, 'partial', 0, '\\xffff' FROM transactions WHERE correlation_id = $1`,
    repair: `DELETE FROM summaries WHERE correlation_id = $1 AND revision = 0`,
    code: 'revision-unreadable',
  },
}

describe('a transaction whose rows are damaged', () => {
  test.each(Object.entries(damages))(
    'fails alone, visibly, and goes on after the repair: %s',
    async (_name, { damage, repair, code }) => {
      const [poisoned, other] = [await createTransaction(), await createTransaction()]
      await send(poisoned(1), other(1))
      await until('its first image is journalled', async () => {
        const status = await workflowOf(poisoned(1))
          .query(transactionStatusQuery)
          .catch(() => undefined)
        return status?.completeImages === 1
      })
      const { correlationId } = poisoned(1)
      await pool.query(damage, [correlationId])
      await send(poisoned(2), other(2))
      const [healthy] = await fixture.untilRevision(other(1).correlationId, 1)
      expect(healthy?.summary.state).toBe(State.COMPLETE)
      expect(await untilFailed(poisoned(1))).toMatchObject({ code, tries: 1 })
      const { typedSearchAttributes, status } = await workflowOf(poisoned(1)).describe()
      expect(status.name).toBe('RUNNING')
      expect(typedSearchAttributes.getAll().map(({ value }) => value)).toContain('failed')
      await pool.query(repair, [correlationId])
      await workflowOf(poisoned(1)).signal(retryNowSignal)
      const [mended] = await fixture.untilRevision(correlationId, 1)
      expect(mended?.summary).toMatchObject({ state: State.COMPLETE, images: [{}, {}] })
    },
  )
})
