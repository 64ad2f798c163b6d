import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { topics } from '../../../lib/topology.ts'
import { createFillerFixture, type FillerFixture } from '../../support/firehose-filler.ts'
import { readStream } from '../../support/firehose-journal.ts'
import { startOwnServer, type OwnServer } from '../../support/own-servers.ts'
import { until } from '../../support/until.ts'

let postgres: OwnServer
let fixture: FillerFixture

beforeAll(async () => {
  postgres = await startOwnServer('postgres')
  Object.assign(process.env, postgres.environment)
}, 60_000)

beforeEach(async () => {
  fixture = await createFillerFixture()
})

afterEach(() => fixture.drop())

afterAll(() => postgres.drop())

const ids = (prefix: string, count: number) =>
  Array.from({ length: count }, (_unused, index) => `${prefix}-${index}`)

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'while PostgreSQL is away (%s) nothing is committed or put aside, and then all of it is journalled once',
  async (signal) => {
    const letters = await fixture.kafka.watch(topics.deadLetter.name)
    const filler = await fixture.start()
    const anna = await fixture.createClient()
    const early = ids('early', 1_000)
    const sending = anna.send(early)
    await until('a part is there', async () => {
      const { lastOffset } = await fixture.reader.bounds(anna.clientId)
      return lastOffset > 0n
    })
    await postgres.stop(signal)
    await sending
    const late = ids('late', 200)
    await anna.send(late)
    await until('it waits', () =>
      filler.events.some(({ event }) => event === 'partition.postponed'),
    )
    const committed = await fixture.kafka.committed('firehose', topics.vision.name)
    const written = await fixture.kafka.written(topics.vision.name)
    expect([...written].some(([partition, end]) => (committed.get(partition) ?? 0n) < end)).toBe(
      true,
    )

    await postgres.start()
    const all = [...early, ...late]
    await until(
      'everything is there',
      async () => {
        const bounds = await fixture.reader.bounds(anna.clientId).catch(() => undefined)
        return Number(bounds?.lastOffset ?? 0) >= all.length
      },
      120_000,
    )
    const read = await readStream(fixture.reader, anna.clientId)
    expect(read).toHaveLength(all.length)
    expect(new Set(read)).toEqual(new Set(all))
    expect(letters.records).toEqual([])
    await filler.stop()
  },
  240_000,
)
