import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { laterProgress, type Progress } from '../../../workflows/transaction/progress.ts'
import { decide } from '../../../workflows/transaction/decide.ts'
import {
  applyDecided,
  applyProgress,
  emptyTransaction,
  type TransactionState,
} from '../../../workflows/transaction/transaction-state.ts'

const services = ['faceextract/1.1', 'ocr/1.0']
const start = Date.UTC(2026, 10, 24)

/** A terminal message, with the count that its POST announced. */
interface Terminal {
  readonly image: number
  readonly service: string
  readonly announced: number
}

/** The snapshot that a journal with these messages gives. */
function snapshotOf(messages: readonly Terminal[], settings: Partial<Progress> = {}): Progress {
  const distinct = new Set(messages.map(({ image, service }) => `${image} ${service}`))
  const images = [...new Set(messages.map(({ image }) => image))]
  const complete = images.filter((image) =>
    services.every((service) => distinct.has(`${image} ${service}`)),
  )
  return {
    messages: distinct.size,
    images: images.length,
    completeImages: complete.length,
    announced: Math.max(0, ...messages.map(({ announced }) => announced)),
    missing: images.length * services.length - distinct.size,
    missingSample: [],
    windowStartMs: start,
    windowSeconds: 86_400,
    idleSeconds: 30,
    revision: 0,
    decidedMessages: 0,
    ...settings,
  }
}

/** Cuts a list into batches of these sizes, and gives what the journal holds after each. */
function snapshotsOf(
  messages: readonly Terminal[],
  sizes: readonly number[],
  settings?: Partial<Progress>,
): Progress[] {
  const snapshots: Progress[] = []
  let taken = 0
  for (const size of sizes) {
    taken += size
    snapshots.push(snapshotOf(messages.slice(0, taken), settings))
  }
  return [...snapshots, snapshotOf(messages, settings)]
}

/** Takes in snapshots a second apart. */
function run(snapshots: readonly Progress[], from: TransactionState = emptyTransaction) {
  return snapshots.reduce(
    (state, snapshot, index) => applyProgress(state, snapshot, start + index * 1_000),
    from,
  )
}

const terminals = fc
  .record({ images: fc.integer({ min: 1, max: 6 }), announced: fc.integer({ min: 0, max: 6 }) })
  .chain(({ images, announced }) =>
    fc.subarray(
      Array.from({ length: images }).flatMap((_, image) =>
        services.map((service) => ({ image, service, announced })),
      ),
      { minLength: 1 },
    ),
  )
const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 6 })

/** What was decided in the end, once every time limit has passed. */
function outcomeOf(state: TransactionState) {
  const decision = decide(state, Number.MAX_SAFE_INTEGER)
  if (decision.kind !== 'publish') throw new Error(decision.kind)
  return { revision: decision.revision, whole: decision.whole }
}

describe('a transaction’s state', () => {
  test('is the same at the end whatever the order, the copies and the batches were', () => {
    const runs = terminals.chain((messages) =>
      fc.record({
        messages: fc.constant(messages),
        other: fc.array(fc.constantFrom(...messages), { maxLength: 6 }).chain((copies) =>
          fc.shuffledSubarray([...messages, ...copies], {
            minLength: messages.length + copies.length,
          }),
        ),
        sizes,
        otherSizes: sizes,
        late: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(runs, ({ messages, other, sizes: cuts, otherSizes, late }) => {
        const first = run(snapshotsOf(messages, cuts))
        const snapshots = snapshotsOf(other, otherSizes)
        const second = run(late ? snapshots.toReversed() : snapshots)
        expect(second.progress).toEqual(first.progress)
        expect(outcomeOf(second)).toEqual(outcomeOf(first))
      }),
    )
  })

  test('joins snapshots commutatively, associatively and idempotently', () => {
    const snapshots = fc.tuple(terminals, sizes).map(([list, cuts]) => snapshotsOf(list, cuts))
    fc.assert(
      fc.property(snapshots, fc.nat(), fc.nat(), fc.nat(), (list, i, j, k) => {
        const [a, b, c] = [i, j, k].map((index) => list[index % list.length])
        if (a === undefined || b === undefined || c === undefined) throw new Error('empty')
        expect(laterProgress(a, a)).toEqual(a)
        expect(laterProgress(a, b)).toEqual(laterProgress(b, a))
        expect(laterProgress(laterProgress(a, b), c)).toEqual(laterProgress(a, laterProgress(b, c)))
      }),
    )
  })

  test('never publishes an announced transaction as whole before everything is there', () => {
    fc.assert(
      fc.property(terminals, sizes, (messages, cuts) => {
        const last = snapshotOf(messages)
        fc.pre(last.announced > 0)
        const everything =
          last.images >= last.announced && last.messages === last.images * services.length
        const decision = decide(run(snapshotsOf(messages, cuts)), start + 10_000)
        expect(decision.kind).toBe(everything ? 'publish' : 'wait')
      }),
    )
  })

  const terminal = (image: number, service: string, announced = 0) => ({
    image,
    service,
    announced,
  })
  const whole = (image: number, announced = 0) =>
    services.map((service) => terminal(image, service, announced))

  test('waits for announced images until the window is over', () => {
    const state = run([snapshotOf(whole(1, 2))])
    const windowEnd = start + 86_400_000
    expect(decide(state, windowEnd - 1)).toEqual({
      kind: 'wait',
      untilMs: windowEnd,
      until: 'window',
    })
    expect(decide(state, windowEnd)).toEqual({ kind: 'publish', revision: 1, whole: false })
  })

  test('raises the announced number by images beyond it', () => {
    const state = run([snapshotOf([...whole(1, 1), terminal(2, 'ocr/1.0', 1)])])
    expect(decide(state, start).kind).toBe('wait')
    const done = run([snapshotOf([...whole(1, 1), ...whole(2, 1)])])
    expect(decide(done, start)).toEqual({ kind: 'publish', revision: 1, whole: true })
  })

  test('ends an unannounced transaction when nothing came for the idle gap', () => {
    const state = run([snapshotOf([terminal(1, 'ocr/1.0')]), snapshotOf(whole(1))])
    const untilMs = start + 1_000 + 30_000
    expect(decide(state, untilMs - 1)).toEqual({ kind: 'wait', untilMs, until: 'idle' })
    expect(decide(state, untilMs)).toEqual({ kind: 'publish', revision: 1, whole: true })
  })

  test('is not kept open by copies', () => {
    const snapshot = snapshotOf(whole(1))
    const once = run([snapshot])
    expect(run([snapshot, snapshot, snapshot])).toEqual(once)
  })

  test('ends an unannounced transaction at the latest when the window is over', () => {
    const settings = { windowSeconds: 10, idleSeconds: 5 }
    const messages = Array.from({ length: 20 }, (_, image) => whole(image)).flat()
    const state = run(
      messages.map((_, index) => snapshotOf(messages.slice(0, index + 1), settings)),
    )
    expect(decide(state, start + 39_000).kind).toBe('publish')
    expect(decide(state, start + 10_000).kind).toBe('publish')
  })

  test('has nothing to say after a revision until something new comes', () => {
    const published = applyDecided(run([snapshotOf(whole(1))]), { revision: 1, messages: 2 })
    expect(decide(published, Number.MAX_SAFE_INTEGER)).toEqual({ kind: 'settled' })
    const again = applyProgress(published, snapshotOf(whole(1)), start + 50_000)
    expect(decide(again, Number.MAX_SAFE_INTEGER)).toEqual({ kind: 'settled' })
  })

  test('takes what a revision of an earlier try does not hold for news', () => {
    const known = run([snapshotOf([...whole(1, 1), ...whole(2, 1)])])
    const decided = { revision: 1, messages: whole(1).length, isRepeated: true }
    expect(decide(applyDecided(known, decided), start + 10_000)).toMatchObject({
      kind: 'publish',
      revision: 2,
    })
    const { isRepeated: _isRepeated, ...anew } = decided
    expect(decide(applyDecided(known, anew), start + 10_000)).toEqual({ kind: 'settled' })
  })

  test('gathers late results for the idle gap into the next revision', () => {
    const published = applyDecided(run([snapshotOf([terminal(1, 'ocr/1.0', 3)])]), {
      revision: 1,
      messages: 1,
    })
    const lateMs = start + 100_000_000
    const late = applyProgress(published, snapshotOf(whole(1, 3)), lateMs)
    const untilMs = lateMs + 30_000
    expect(decide(late, lateMs)).toEqual({ kind: 'wait', untilMs, until: 'window' })
    expect(decide(late, untilMs)).toEqual({ kind: 'publish', revision: 2, whole: false })
  })

  test('publishes a late result at once where it was the last that was missing', () => {
    const published = applyDecided(run([snapshotOf([terminal(1, 'ocr/1.0', 1)])]), {
      revision: 1,
      messages: 1,
    })
    const late = applyProgress(published, snapshotOf(whole(1, 1)), start + 100_000_000)
    expect(decide(late, start + 100_000_000)).toEqual({
      kind: 'publish',
      revision: 2,
      whole: true,
    })
  })

  test('gives a backlog that is longer than the window the idle gap to come in', () => {
    const settings = { windowSeconds: 60 }
    const arrivedMs = start + 3_600_000
    const state = applyProgress(emptyTransaction, snapshotOf(whole(1, 2), settings), arrivedMs)
    expect(decide(state, arrivedMs)).toEqual({
      kind: 'wait',
      untilMs: arrivedMs + 30_000,
      until: 'window',
    })
  })
})
