import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { createKafka } from '../../../lib/kafka/create-kafka.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { topics } from '../../../lib/topology.ts'
import { groupEntries } from '../../../workers/summary/group-entries.ts'
import { createJournal } from '../../../workers/summary/journal.ts'
import { readRecord } from '../../../workers/summary/read-record.ts'
import type { RoleProcess } from '../../support/start-role.ts'
import { createSummaryFixture, type SummaryFixture } from '../../support/summary.ts'
import { until } from '../../support/until.ts'
import { createTextRecords, type TestImage } from '../../support/vision-messages.ts'

const topic = topics.vision.name

let fixture: SummaryFixture
let pool: Pool
let image: (number: number) => TestImage

beforeEach(async () => {
  fixture = await createSummaryFixture()
  pool = await fixture.databases.createDatabase('ips_summary', 'workers/summary/schema')
  const clientId = randomUUID()
  const token = await fixture.issueToken(clientId)
  image = (number) => ({ clientId, token, correlationId: clientId, image: number, announced: 1 })
}, 60_000)

afterEach(() => fixture.drop(), 60_000)

const send = (...images: readonly TestImage[]) =>
  fixture.kafka.send(
    topic,
    images.flatMap((each) => createTextRecords(each)),
  )

/** Records that a process has handled, again or for the first time. */
const handledBy = ({ events }: RoleProcess) =>
  events
    .filter(({ event }) => event === 'batch.journalled')
    .reduce((sum, { records }) => sum + Number(records), 0)

/** Waits until a process has handled so many records, and sees that it stays with them. */
async function untilHandled(summary: RoleProcess, count: number): Promise<void> {
  await until(`${count} records are handled`, () => handledBy(summary) >= count)
  await summary.stop()
  expect(handledBy(summary)).toBe(count)
}

async function countMessages(): Promise<number> {
  const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM messages')
  return Number(rows[0]?.count)
}

async function forgetOffsets(): Promise<void> {
  const admin = createKafka(fixture.kafka.options).admin()
  await admin.connect()
  await admin.deleteGroups([`${fixture.kafka.options.topicPrefix}summary`])
  await admin.disconnect()
}

describe('a summary process', () => {
  test('goes on from the place in its journal where Kafka has lost its offsets', async () => {
    const first = await fixture.start()
    await send(image(1), image(2))
    await until('four messages', async () => (await countMessages()) === 4)
    await first.stop()
    await forgetOffsets()
    await send(image(3))
    const second = await fixture.start()
    await until('six messages', async () => (await countMessages()) === 6)
    await untilHandled(second, 2)
  }, 120_000)

  test('reads again what a journal lacks that was restored from a backup', async () => {
    const first = await fixture.start()
    await send(image(1))
    await until('two messages', async () => (await countMessages()) === 2)
    await first.stop()
    const tables = ['transactions', 'images', 'messages', 'places']
    for (const table of tables) await pool.query(`CREATE TABLE ${table}_backup AS TABLE ${table}`)
    const second = await fixture.start()
    await send(image(2), image(3))
    await until('six messages', async () => (await countMessages()) === 6)
    await second.stop()
    for (const table of tables)
      await pool.query(`TRUNCATE ${table}; INSERT INTO ${table} TABLE ${table}_backup`)
    expect(await countMessages()).toBe(2)
    const third = await fixture.start()
    await until('six messages', async () => (await countMessages()) === 6)
    await untilHandled(third, 4)
  }, 120_000)

  test('tells the workflows of whom a process did not tell that was killed after it had journalled', async () => {
    const records = createTextRecords(image(1))
    const key = await fixture.clientKeys.keyFor(image(1).clientId)
    const entries = await Promise.all(
      records.map(async ({ value }) => {
        const rights = {
          windowSeconds: 60,
          idleSeconds: 30,
          identityThreshold: 0.42,
          versions: ['1.0'],
        }
        const { clientId } = image(1)
        const read = await readRecord(value, () =>
          Promise.resolve({ ...rights, clientId, expected: ['ocr/1.0'], key }),
        )
        if (read.kind !== 'entry') throw new Error(read.kind)
        return read.entry
      }),
    )
    await fixture.kafka.send(topic, records)
    const partition = records[0]?.partition ?? 0
    const { clientId, correlationId } = image(1)
    await createJournal(pool).append(groupEntries(entries), {
      ...{ topic, partition, offset: 2n, newestAtMs: Date.now() + 1_000 },
      untold: [{ clientId, correlationId }],
    })
    const summary = await fixture.start()
    await fixture.untilRevision(correlationId, 1)
    await untilHandled(summary, 0)
    expect(await createJournal(pool).loadPlace(topic, partition)).toMatchObject({ untold: [] })
  }, 120_000)
})
