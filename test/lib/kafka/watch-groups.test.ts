import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createKafka } from '../../../lib/kafka/create-kafka.ts'
import {
  watchGroups,
  type GroupLag,
  type GroupWatch,
  type GroupWatchOptions,
} from '../../../lib/kafka/watch-groups.ts'
import { topics } from '../../../lib/topology.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { until } from '../../support/until.ts'

const topic = topics.ingest.name
const group = 'vision-ocr'

describe('watchGroups', () => {
  let kafka: TestKafka
  let watch: GroupWatch | undefined
  beforeEach(async () => (kafka = await createTestKafka()))
  afterEach(async () => {
    await watch?.stop()
    await kafka.drop()
  })

  function start(options: Partial<GroupWatchOptions> = {}): GroupWatch {
    watch = watchGroups({
      ...kafka.options,
      topic,
      groups: [group],
      intervalMs: 50,
      noProgressMs: 60_000,
      ...options,
    })
    return watch
  }

  /** The library's own way takes seconds. */
  async function commit(offset: number, partition = 0): Promise<void> {
    const prefix = kafka.options.topicPrefix
    const member = createKafka(kafka.options).consumer({
      groupId: prefix + group,
      maxWaitTimeInMs: 10,
    })
    await member.connect()
    await member.subscribe({ topic: prefix + topic })
    await member.run({ autoCommit: false, eachBatch: () => Promise.resolve() })
    await member.commitOffsets([{ topic: prefix + topic, partition, offset: String(offset) }])
    await member.disconnect()
  }

  const send = (count: number, partition = 0) =>
    kafka.send(
      topic,
      Array.from({ length: count }, () => ({ key: 'a', partition, value: Buffer.from('x') })),
    )
  const untilLag = (what: string, condition: (lag: GroupLag) => boolean) =>
    until(what, () => {
      const lag = watch?.lags().get(group)
      return lag !== undefined && condition(lag) && lag
    })

  test('says how many records, and then how many seconds, a group is behind', async () => {
    await send(100)
    await commit(10)
    expect(start().lags().size).toBe(0)
    const lag = await untilLag('the lag is known', ({ records }) => records === 90)
    expect(watch?.reachable()).toBe('ok')
    expect(lag.seconds).toBe(0)
    await commit(20)
    expect(await untilLag('the rate is known', ({ seconds }) => seconds > 0)).toMatchObject({
      records: 80,
    })
    await commit(100)
    expect(await untilLag('nothing is left', ({ records }) => records === 0)).toMatchObject({
      seconds: 0,
    })
  })

  test('takes a group that has never committed to have everything before it', async () => {
    await send(5, 0)
    await send(6, 1)
    start()
    await untilLag('the lag', ({ records }) => records === 11)
    await commit(5, 0)
    await untilLag('the rest', ({ records }) => records === 6)
  })

  test('takes a group to begin anew where the topic ends before what it has committed', async () => {
    await send(3)
    await commit(7)
    start()
    await untilLag('the lag', ({ records }) => records === 3)
  })

  test('says of a group that does nothing of its work that it needs for ever, until it moves', async () => {
    await send(10)
    start({ noProgressMs: 300 })
    await untilLag('no progress', ({ seconds }) => seconds === Infinity)
    await commit(1)
    await untilLag('progress', ({ seconds }) => Number.isFinite(seconds))
  })

  test('never says of a group without work that it needs for ever', async () => {
    await send(1)
    await commit(1)
    let looks = 0
    start({ noProgressMs: 1, intervalMs: 10 })
    await until('many looks', () => {
      const lag = watch?.lags().get(group)
      if (lag !== undefined) expect(lag).toEqual({ records: 0, seconds: 0 })
      return (looks += 1) > 40
    })
  })

  test('lets the seconds of a group that has stopped grow with the time', async () => {
    await send(10)
    await commit(1)
    start()
    await untilLag('the lag', ({ records }) => records === 9)
    await commit(9)
    const { seconds } = await untilLag('a rate', (lag) => lag.records === 1 && lag.seconds > 0)
    await untilLag('more seconds', (lag) => lag.seconds > seconds + 0.5)
    expect(watch?.lags().get(group)?.records).toBe(1)
  })

  test('says why Kafka is not reached, and never throws', async () => {
    start({ brokers: ['127.0.0.1:1'] })
    await until('the failure is seen', () => watch?.reachable().includes('ECONNREFUSED') ?? false)
    expect(watch?.lags().size).toBe(0)
  })
})
