import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  completeTransaction,
  extendTransaction,
  retryTransaction,
} from '../../../cli/operations/act-on-transaction.ts'
import { listTransactions } from '../../../cli/operations/list-transactions.ts'
import { showTransaction } from '../../../cli/operations/show-transaction.ts'
import type { TransactionOperations } from '../../../cli/operations/transaction-operations.ts'
import type { RoleProcess } from '../../support/start-role.ts'
import {
  createTransactionsFixture,
  type TransactionsFixture,
} from '../../support/transaction-operations.ts'
import { until } from '../../support/until.ts'
import type { TestImage } from '../../support/vision-messages.ts'

/** Nothing listens there. */
const temporalAway = { TEMPORAL_ADDRESS: '127.0.0.1:1' }
/** A command may wait several times for a server that does not answer. */
const timeoutMs = 120_000

let fixture: TransactionsFixture
let summary: RoleProcess
let image: (image: number) => TestImage
let key: { clientId: string; correlationId: string }

const show = (environment: Readonly<Record<string, string>> = {}) =>
  fixture.operate((operations) => showTransaction(operations, key), environment)

beforeAll(async () => {
  fixture = await createTransactionsFixture()
  summary = await fixture.start()
  image = await fixture.createTransaction({ announced: 2 })
  const { clientId, correlationId } = image(1)
  key = { clientId, correlationId }
  await fixture.send(image(1))
  await until('its workflow waits', async () => {
    const report = await show().catch(() => undefined)
    return report?.workflow === 'answers' && report.completeImages === 1
  })
}, timeoutMs)
afterAll(() => fixture.drop(), timeoutMs)

describe('operators, while Temporal is away,', () => {
  test(
    'see what the journal knows',
    async () => {
      const { since, ...report } = await show(temporalAway)
      expect(report).toMatchObject({
        ...{ state: 'open', workflow: 'unreachable', completeImages: 1, missingImages: 1 },
        endsAt: new Date(Date.parse(since) + 86_400_000).toISOString(),
        waitsFor: expect.stringContaining('Nothing came yet of 1 of the images.'),
      })
      const listed = await fixture.operate(
        (operations) => listTransactions(operations, { clientId: key.clientId, limit: '1' }),
        temporalAway,
      )
      expect(listed).toMatchObject([{ transactionId: key.correlationId, workflow: 'unreachable' }])
    },
    timeoutMs,
  )

  const actions: Record<string, (operations: TransactionOperations) => Promise<unknown>> = {
    'complete a transaction': (operations) => completeTransaction(operations, key),
    'extend one': (operations) => extendTransaction(operations, key, '2h'),
    'retry one': (operations) => retryTransaction(operations, key),
    'list those that failed': (operations) =>
      listTransactions(operations, { ...key, state: 'failed', limit: '1' }),
  }
  test.each(Object.entries(actions))(
    'are told so when they %s',
    async (_name, work) => {
      await expect(fixture.operate(work, temporalAway)).rejects.toMatchObject({
        code: 'temporal-unreachable',
        retryable: true,
      })
    },
    timeoutMs,
  )
})

describe('operators, while PostgreSQL is away or has no journal,', () => {
  test('are told so', async () => {
    await expect(show({ POSTGRES_URL: 'postgres://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'database-unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    await expect(show({ POSTGRES_DATABASE_PREFIX: 'never_started_' })).rejects.toMatchObject({
      code: 'summary-never-started',
    })
  })
})

describe('operators, while no summary process is up,', () => {
  test(
    'see that, and what they ask for is done as soon as there is one',
    async () => {
      await summary.stop()
      expect(await show()).toMatchObject({ state: 'open', workflow: 'silent', completeImages: 1 })
      const asked = await fixture.operate((operations) => completeTransaction(operations, key))
      expect(asked).toMatchObject({ taken: false, state: 'open', workflow: 'silent' })
      summary = await fixture.start()
      await fixture.untilRevision(key.correlationId, 1)
      expect(await show()).toMatchObject({ state: 'partial', revision: 1 })
    },
    timeoutMs,
  )
})
