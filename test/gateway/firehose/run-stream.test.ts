import { describe, expect, test } from '@jest/globals'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { simulatedMessages, simulateStream, type SimulatedStream } from './simulate-stream.ts'

const offsetsOf = ({ sent }: SimulatedStream) =>
  sent.flatMap(({ messages }) => messages.map(({ offset }) => offset))
const upTo = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index + 1))

async function endOf(stream: SimulatedStream) {
  stream.close()
  return stream.end
}

describe('a stream', () => {
  test('has a heartbeat at once, and one every ten seconds while it is idle', async () => {
    const stream = simulateStream()
    await stream.pass(35_000)
    expect(stream.sent).toEqual(
      [0, 10_000, 20_000, 30_000].map((atMs) => ({ atMs, messages: [], lastOffset: 0n })),
    )
    expect(stream.reads()).toBe(1)
    expect(await endOf(stream)).toEqual({ reason: 'gone', lastOffset: 0n })
  })

  test('sends what is appended without waiting, and puts the heartbeat off', async () => {
    const stream = simulateStream()
    await stream.pass(9_000)
    stream.append(simulatedMessages(2))
    await stream.pass(9_999)
    expect(stream.sent.map(({ atMs }) => atMs)).toEqual([0, 9_000])
    await stream.pass(1)
    expect(stream.sent.at(-1)).toMatchObject({ atMs: 19_000, messages: [], lastOffset: 2n })
    await endOf(stream)
  })

  test('sends everything in order, in batches of at most the size that was asked for', async () => {
    const stream = simulateStream({ maxBatch: 30 })
    stream.append(simulatedMessages(1_000))
    await stream.pass(0)
    expect(offsetsOf(stream)).toEqual(upTo(1_000))
    const sizes = stream.sent.map(({ messages }) => messages.length)
    expect(Math.max(...sizes)).toBe(30)
    for (const { messages, lastOffset } of stream.sent.slice(1))
      expect(lastOffset).toBe(messages.at(-1)?.offset)
    await endOf(stream)
  })

  test.each([1, 50, 900, 5_000])('keeps to %d messages a second within 5 %%', async (maxRate) => {
    const stream = simulateStream({ maxRate })
    stream.append(simulatedMessages(maxRate * 12))
    await stream.pass(10_000)
    const count = offsetsOf(stream).length
    // The first of them comes at once.
    expect(Math.abs(count - 1 - maxRate * 10)).toBeLessThanOrEqual(maxRate * 10 * 0.05)
    expect(offsetsOf(stream)).toEqual(upTo(count))
    await endOf(stream)
  })

  test('has heartbeats between messages that are rare by their rate', async () => {
    const stream = simulateStream({ maxRate: 0.04 })
    stream.append(simulatedMessages(3))
    await stream.pass(51_000)
    expect(stream.sent.map(({ atMs, messages }) => [atMs, messages.length])).toEqual([
      [0, 0],
      [0, 1],
      [10_000, 0],
      [20_000, 0],
      [25_000, 1],
      [35_000, 0],
      [45_000, 0],
      [50_000, 1],
    ])
    await endOf(stream)
  })

  test('goes past what is filtered, and says so in a second at the latest', async () => {
    const stream = simulateStream({ types: ['b'] })
    await stream.pass(5_000)
    stream.append(simulatedMessages(250, 1, 'a'))
    stream.append(simulatedMessages(1, 251, 'b'))
    await stream.pass(100)
    for (let from = 252; from < 257; from += 1) {
      stream.append(simulatedMessages(1, from, 'a'))
      await stream.pass(100)
    }
    await stream.pass(12_000)
    expect(stream.sent.slice(1)).toMatchObject([
      { atMs: 5_000, messages: [], lastOffset: 100n },
      { atMs: 5_000, messages: [{ offset: 251n }], lastOffset: 251n },
      { atMs: 6_000, messages: [], lastOffset: 256n },
      { atMs: 16_000, messages: [], lastOffset: 256n },
    ])
    await endOf(stream)
  })

  test('reads a page ahead at most while its client takes nothing', async () => {
    const stream = simulateStream()
    await stream.pass(0)
    stream.setTaking(false)
    stream.append(simulatedMessages(1_000))
    await stream.pass(60_000)
    const reads = stream.reads()
    expect(stream.sent).toHaveLength(2)
    expect(reads).toBe(3)
    stream.setTaking(true)
    await stream.pass(0)
    expect(offsetsOf(stream)).toEqual(upTo(1_000))
    await endOf(stream)
  })

  test('outlasts failures that may pass: its heartbeats go on, and then its messages', async () => {
    const stream = simulateStream()
    stream.setFailure(new Error('the database is away'))
    stream.append(simulatedMessages(3))
    await stream.pass(25_000)
    expect(stream.sent.map(({ atMs }) => atMs)).toEqual([0, 10_000, 20_000])
    expect(stream.reads()).toBeLessThan(30)
    stream.setFailure(undefined)
    await stream.pass(1_000)
    expect(offsetsOf(stream)).toEqual(upTo(3))
    await endOf(stream)
  })

  test('ends with the code of a failure that does not pass', async () => {
    const stream = simulateStream()
    stream.append(simulatedMessages(2))
    await stream.pass(0)
    stream.setFailure(new IpsError('offset-removed', 'it is not kept any more'))
    stream.append(simulatedMessages(1, 3))
    await stream.pass(0)
    expect(await stream.end).toEqual({ reason: 'offset-removed', lastOffset: 2n })
    expect(stream.sent.at(-1)).toMatchObject({
      messages: [],
      lastOffset: 2n,
      end: 'offset-removed',
    })
  })

  test('ends with its token, in the middle of a backlog too', async () => {
    const stream = simulateStream({ maxRate: 10, expiresAtMs: 3_000 })
    stream.append(simulatedMessages(1_000))
    await stream.pass(3_000)
    const { reason, lastOffset } = await stream.end
    expect(reason).toBe('token-expired')
    expect(offsetsOf(stream)).toEqual(upTo(Number(lastOffset)))
    expect(stream.sent.at(-1)).toMatchObject({ atMs: 3_000, lastOffset, end: 'token-expired' })
  })

  test('ends where a message cannot be written, and does not count past it', async () => {
    const stream = simulateStream({ maxBatch: 2, unwritable: 4n })
    stream.append(simulatedMessages(10))
    await stream.pass(0)
    expect(await stream.end).toEqual({ reason: 'internal-error', lastOffset: 2n })
    expect(stream.sent.at(-1)).toMatchObject({ lastOffset: 2n, end: 'internal-error' })
  })

  test('says nothing more to a client that has left', async () => {
    const stream = simulateStream()
    stream.setTaking(false)
    stream.append(simulatedMessages(10))
    await stream.pass(0)
    expect(await endOf(stream)).toMatchObject({ reason: 'gone' })
    expect(stream.sent.every(({ end }) => end === undefined)).toBe(true)
  })
})
