import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { createKafka } from '../../../lib/kafka/create-kafka.ts'
import { topics } from '../../../lib/topology.ts'
import { startOwnServer, type OwnServer } from '../../support/own-servers.ts'
import { runProgram, type Program } from '../../support/run-program.ts'
import { createSummaryFixture, type SummaryFixture } from '../../support/summary.ts'
import { until } from '../../support/until.ts'
import { createFaceRecords, createTextRecords } from '../../support/vision-messages.ts'

jest.setTimeout(240_000)
/** The shortest that brokers allow. */
const sessionTimeoutMs = 6_000

let postgres: OwnServer
let fixture: SummaryFixture
let programs: Program[]

beforeAll(async () => {
  postgres = await startOwnServer('postgres')
  Object.assign(process.env, postgres.environment)
}, 60_000)

beforeEach(async () => {
  programs = []
  fixture = await createSummaryFixture()
})

afterEach(async () => {
  for (const program of programs) program.kill('SIGKILL')
  await Promise.all(programs.map(({ ended }) => ended))
  await fixture.drop()
})

afterAll(() => postgres.drop())

/** Starts a summary process, which may take as long as it likes. */
function run(environment: Readonly<Record<string, string>> = {}): Program {
  const program = runProgram(path.resolve('main.ts'), ['summary'], {
    ...fixture.environment,
    KAFKA_SESSION_TIMEOUT_MS: String(sessionTimeoutMs),
    HEALTH_PORT: '0',
    ...environment,
  })
  programs.push(program)
  return program
}

/** Sends transactions of one image each; returns their ids. */
async function sendTransactions(count: number): Promise<string[]> {
  const clientId = randomUUID()
  const token = await fixture.issueToken(clientId)
  const correlationIds = Array.from({ length: count }, (_, number) => `${clientId}:${number}`)
  await fixture.kafka.send(
    topics.vision.name,
    correlationIds.flatMap((correlationId) => {
      const image = { clientId, token, correlationId, image: 1, announced: 1 }
      return [...createFaceRecords(image), ...createTextRecords(image)]
    }),
  )
  return correlationIds
}

async function untilSummarised(correlationIds: readonly string[]): Promise<void> {
  for (const correlationId of correlationIds) await fixture.untilRevision(correlationId, 1)
}

async function describeGroup() {
  const admin = createKafka(fixture.kafka.options).admin()
  await admin.connect()
  const id = `${fixture.kafka.options.topicPrefix}summary`
  const { groups } = await admin.describeGroups([id]).finally(() => admin.disconnect())
  return { state: groups[0]?.state, members: groups[0]?.members.map(({ memberId }) => memberId) }
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'while its database is away (%s) it waits as a member of its group, and catches up afterwards',
  async (signal) => {
    const summary = run()
    await summary.event('process.started')
    await untilSummarised(await sendTransactions(5))
    const before = await describeGroup()
    expect(before).toMatchObject({ state: 'Stable', members: [expect.any(String)] })

    await postgres.stop(signal)
    const stoppedAt = Date.now()
    const late = await sendTransactions(5)
    await summary.event('store.away')
    await until(
      'the group would have lost a silent member',
      () => Date.now() - stoppedAt > sessionTimeoutMs + 2_000,
    )
    expect(await describeGroup()).toEqual(before)

    await postgres.start()
    await untilSummarised(late)
    await summary.event('store.back')
    expect(await describeGroup()).toEqual(before)
    expect(summary.events.filter(({ event }) => event === 'group.joined')).toHaveLength(1)
  },
)

test('at its start it waits for its database, and reads nothing past it', async () => {
  const former = run()
  await former.event('process.started')
  await untilSummarised(await sendTransactions(3))
  former.kill('SIGKILL')
  await former.ended
  const waiting = await sendTransactions(5)
  await postgres.stop()
  const summary = run()
  await summary.event('store.away')
  await until('it was tried again', () => summary.events.length > 1)
  expect(summary.events.map(({ event }) => event)).not.toContain('group.joined')
  await postgres.start()
  await untilSummarised(waiting)
  await summary.event('store.back')
})

test('after its patience it ends with an error that says so', async () => {
  const summary = run({ SUMMARY_STORE_PATIENCE_SECONDS: '3' })
  await summary.event('process.started')
  await untilSummarised(await sendTransactions(3))
  await postgres.stop('SIGKILL')
  const late = await sendTransactions(3)
  expect(await summary.ended).toBe(1)
  expect(summary.events.filter(({ event }) => event === 'process.failed')).toMatchObject([
    { error: { code: 'store-lost' } },
  ])
  expect(summary.events.at(-1)?.event).toBe('process.failed')
  // It is the same at the start, so that a supervisor tries again and again.
  const next = run({ SUMMARY_STORE_PATIENCE_SECONDS: '3' })
  expect(await next.ended).toBe(1)
  expect(next.events.at(-1)).toMatchObject({
    event: 'process.failed',
    error: { code: 'store-lost' },
  })
  await postgres.start()
  run({ SUMMARY_STORE_PATIENCE_SECONDS: '3' })
  await untilSummarised(late)
})
