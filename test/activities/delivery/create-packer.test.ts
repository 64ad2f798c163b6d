import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { maxBatchBytes } from '../../../activities/delivery/create-batch-packer.ts'
import { createPacker } from '../../../activities/delivery/create-packer.ts'
import type { Packer } from '../../../activities/delivery/packer.ts'
import { bodyOf, type Parcel } from '../../../activities/delivery/parcel.ts'

const message = (position: number, body = '{}') => ({
  position,
  origin: position,
  messageId: `message-${position}`,
  correlationId: 'case',
  traceparent: '',
  body,
})
const batch = { maxMessages: 3, maxWaitMs: 100 }
const positionsOf = ({ messages }: Parcel) => messages.map(({ position }) => position)

/** Takes whatever is ready. */
function drain(packer: Packer, nowMs: number): Parcel[] {
  const parcels: Parcel[] = []
  for (let next = packer.peek(nowMs); next !== undefined; next = packer.peek(nowMs)) {
    parcels.push(next)
    packer.take()
  }
  return parcels
}

describe('a packer of single messages', () => {
  test('gives each by itself, in their order, and counts what it holds', () => {
    const packer = createPacker(undefined, [])
    ;[1, 2, 3].forEach((position) => packer.add(message(position), 0))
    expect(packer.characters).toBe(6)
    expect(packer.peek(0)).toBe(packer.peek(0))
    expect(drain(packer, 0).map(positionsOf)).toEqual([[1], [2], [3]])
    expect([packer.messages, packer.characters]).toEqual([0, 0])
  })
})

describe('a packer of batches', () => {
  test('gives every message once and in its order, never more than a batch may hold', () => {
    const bodies = fc.array(fc.integer({ min: 2, max: 600_000 }), { maxLength: 30 })
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 5 }), (sizes, maxMessages) => {
        const packer = createPacker({ maxMessages, maxWaitMs: 10 }, [])
        sizes.forEach((size, index) => packer.add(message(index, 'x'.repeat(size)), 0))
        const parcels = drain(packer, 10)
        expect(parcels.flatMap(positionsOf)).toEqual(sizes.map((_size, index) => index))
        for (const parcel of parcels) {
          expect(parcel.messages.length).toBeLessThanOrEqual(maxMessages)
          if (parcel.messages.length > 1)
            expect(bodyOf(parcel).length).toBeLessThanOrEqual(maxBatchBytes)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('waits for company, from the first message on', () => {
    const packer = createPacker(batch, [])
    packer.add(message(1), 1_000)
    packer.add(message(2), 1_050)
    expect(packer.peek(1_099)).toBeUndefined()
    expect(packer.readyAtMs).toBe(1_100)
    expect(drain(packer, 1_100).map(positionsOf)).toEqual([[1, 2]])
    expect(packer.readyAtMs).toBe(Infinity)
  })

  test('gives a full one at once, and one that must go as it is', () => {
    const packer = createPacker(batch, [])
    ;[1, 2, 3, 4].forEach((position) => packer.add(message(position), 0))
    expect(drain(packer, 0).map(positionsOf)).toEqual([[1, 2, 3]])
    packer.seal()
    expect(drain(packer, 0).map(positionsOf)).toEqual([[4]])
  })

  test('leaves a message that alone is too large to itself', () => {
    const packer = createPacker(batch, [])
    packer.add(message(1), 0)
    packer.add(message(2, 'x'.repeat(2 * maxBatchBytes)), 0)
    packer.add(message(3), 0)
    expect(drain(packer, 100).map(positionsOf)).toEqual([[1], [2], [3]])
  })

  test('makes again what was recorded, whatever the claim says now, and records it no second time', () => {
    const packer = createPacker(batch, [
      { first: 2, last: 6, isSplit: false },
      { first: 7, last: 8, isSplit: true },
    ])
    // 4 was settled before.
    ;[1, 2, 3, 5, 6, 7, 8, 9].forEach((position) => packer.add(message(position), 0))
    const parcels = drain(packer, 100)
    expect(parcels.map(positionsOf)).toEqual([[1], [2, 3, 5, 6], [7], [8], [9]])
    expect(parcels.map(({ isUnrecorded }) => isUnrecorded)).toEqual([
      true,
      false,
      false,
      false,
      true,
    ])
  })

  test('waits for the rest of what was recorded until the queue ends', () => {
    const packer = createPacker(batch, [{ first: 1, last: 9, isSplit: false }])
    packer.add(message(1), 0)
    packer.add(message(2), 0)
    expect(packer.peek(1_000_000)).toBeUndefined()
    packer.noteEnd()
    expect(drain(packer, 0).map(positionsOf)).toEqual([[1, 2]])
  })

  test('puts a split batch in front, each message as an array of one', () => {
    const packer = createPacker(batch, [])
    ;[1, 2, 3, 4, 5, 6].forEach((position) => packer.add(message(position), 0))
    const [first] = drain(packer, 0)
    if (first === undefined) throw new Error('no batch')
    packer.add(message(7), 0)
    packer.split(first)
    expect(packer.messages).toBe(4)
    const parcels = drain(packer, 100)
    expect(parcels.map(positionsOf)).toEqual([[1], [2], [3], [7]])
    expect(parcels.map((parcel) => bodyOf(parcel).toString())[0]).toBe('[{"id":"message-1"}]')
    expect(packer.characters).toBe(0)
  })
})
