import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decide } from '../../../workflows/transaction/decide.ts'
import { describeTransaction } from '../../../workflows/transaction/describe-waiting.ts'
import {
  isProgress,
  laterProgress,
  type Progress,
} from '../../../workflows/transaction/progress.ts'
import {
  applyMessage,
  transactionStatusOf,
  type TransactionMessage,
} from '../../../workflows/transaction/transaction-memory.ts'
import {
  applyDecided,
  applyFailure,
  emptyTransaction,
  type TransactionState,
} from '../../../workflows/transaction/transaction-state.ts'

const start = Date.UTC(2026, 10, 24)
const services = ['faceextract/1.1', 'ocr/1.0']

/** What happens to a transaction: a message is journalled, or the workflow hears something, some time after the last. */
type Step =
  | { readonly kind: 'journal'; readonly message: number }
  /** A snapshot of the journal as it was some steps ago: late, once more, or new. */
  | { readonly kind: 'hear'; readonly age: number }
  | { readonly kind: 'operator'; readonly message: TransactionMessage }
  /** The next publication fails. */
  | { readonly kind: 'break' }

interface Timed {
  readonly step: Step
  readonly afterMs: number
}

/** What the world outside of the workflow is: its journal, and what was published. */
interface World {
  readonly journal: Set<number>
  readonly snapshots: Progress[]
  readonly revisions: { revision: number; messages: number; whole: boolean; atMs: number }[]
  breaks: number
}

function snapshotOf({ journal, revisions }: World, settings: Partial<Progress>): Progress {
  const images = new Set([...journal].map((message) => Math.floor(message / services.length)))
  const complete = [...images].filter((image) =>
    services.every((_, service) => journal.has(image * services.length + service)),
  )
  const last = revisions.at(-1)
  return {
    messages: journal.size,
    images: images.size,
    completeImages: complete.length,
    announced: 0,
    missing: images.size * services.length - journal.size,
    missingSample: [],
    windowStartMs: start,
    windowSeconds: 86_400,
    idleSeconds: 30,
    revision: last?.revision ?? 0,
    decidedMessages: last?.messages ?? 0,
    ...settings,
  }
}

/** Does what the workflow does until it waits: publishes what is due, at the time that it is due. */
function settle(state: TransactionState, world: World, nowMs: number): TransactionState {
  let current = state
  for (let steps = 0; ; steps += 1) {
    const decision = decide(current, nowMs)
    if (decision.kind !== 'publish') return current
    if (steps > 1) throw new Error('it publishes without an end')
    const { revision, whole } = decision
    if (world.breaks > 0) {
      world.breaks -= 1
      current = applyFailure(current, { code: 'broken', message: 'a test' }, nowMs)
      continue
    }
    const decided = { revision, messages: world.journal.size }
    world.revisions.push({ ...decided, whole, atMs: nowMs })
    current = applyDecided(current, decided)
  }
}

/** Lets time pass until nothing is due any more. */
function runOut(state: TransactionState, world: World, nowMs: number): TransactionState {
  let current = state
  let now = nowMs
  for (let rounds = 0; rounds < 10; rounds += 1) {
    current = settle(current, world, now)
    const decision = decide(current, now)
    if (decision.kind === 'settled') return current
    if (decision.kind === 'wait' || decision.kind === 'failed') now = decision.untilMs
  }
  throw new Error('it never ends')
}

/** Runs a transaction to its end, at which the workflow has heard of the whole journal. */
function run(steps: readonly Timed[], settings: Partial<Progress>) {
  const world: World = { journal: new Set(), snapshots: [], revisions: [], breaks: 0 }
  let state = emptyTransaction
  let nowMs = start
  const hear = (progress: Progress) =>
    void (state = applyMessage(state, { kind: 'progress', progress }, nowMs))
  for (const { step, afterMs } of steps) {
    nowMs += afterMs
    if (step.kind === 'journal') {
      world.journal.add(step.message)
      world.snapshots.push(snapshotOf(world, settings))
    } else if (step.kind === 'break') world.breaks += 1
    else if (step.kind === 'operator') state = applyMessage(state, step.message, nowMs)
    else {
      const snapshot = world.snapshots.at(-1 - step.age)
      if (snapshot !== undefined) hear(snapshot)
    }
    state = settle(state, world, nowMs)
    transactionStatusOf({ state, shown: 'incomplete' }, nowMs)
  }
  hear(snapshotOf(world, settings))
  return { world, state: runOut(state, world, nowMs) }
}

const heard = fc.record({ kind: fc.constant('hear' as const), age: fc.integer({ min: 0, max: 3 }) })
const journalled = fc.record({
  kind: fc.constant('journal' as const),
  message: fc.integer({ min: 0, max: 9 }),
})
const asked = fc.oneof(
  fc.constant({ kind: 'complete' as const }),
  fc.constant({ kind: 'retry' as const }),
  fc.record({
    kind: fc.constant('extend' as const),
    request: fc.oneof(fc.record({ seconds: fc.double({ min: 1, max: 1e7 }) }), fc.anything()),
  }),
)
const operated = asked.map((message) => ({ kind: 'operator' as const, message }))
const afterMs = fc.integer({ min: 0, max: 40_000 })
const timed = (step: fc.Arbitrary<Step>) =>
  fc.array(fc.record({ step, afterMs }), { maxLength: 30 })
const quiet = timed(fc.oneof(journalled, heard))
const lively = timed(fc.oneof(journalled, heard, operated, fc.constant({ kind: 'break' as const })))
const settings = fc.record({
  announced: fc.integer({ min: 0, max: 6 }),
  windowSeconds: fc.integer({ min: 1, max: 200 }),
  idleSeconds: fc.integer({ min: 1, max: 60 }),
})

describe('a transaction from its begin to its end', () => {
  test('has told everything in the end, in revisions without a gap, whatever came when', () => {
    fc.assert(
      fc.property(lively, settings, (steps, values) => {
        const { world, state } = run(steps, values)
        const { revisions, journal } = world
        expect(revisions.map(({ revision }) => revision)).toEqual(revisions.map((_, i) => i + 1))
        if (journal.size > 0) expect(revisions.at(-1)?.messages).toBe(journal.size)
        expect(revisions.map(({ messages }) => messages)).toEqual(
          [...new Set(revisions.map(({ messages }) => messages))].sort((a, b) => a - b),
        )
        expect(decide(state, start).kind).toBe('settled')
      }),
      { numRuns: 500 },
    )
  })

  test('has one revision where all that was announced comes in time, in any order and any batches', () => {
    const images = fc.integer({ min: 1, max: 5 })
    const arrivals = images.chain((announced) => {
      const messages = Array.from({ length: announced * services.length }, (_, index) => index)
      return fc.record({
        announced: fc.constant(announced),
        order: fc.shuffledSubarray(messages, { minLength: messages.length }),
        heardAfter: fc.array(fc.integer({ min: 0, max: messages.length }), { maxLength: 20 }),
        age: fc.integer({ min: 0, max: 3 }),
      })
    })
    fc.assert(
      fc.property(arrivals, ({ announced, order, heardAfter, age }) => {
        const steps = order.flatMap((message, index): Timed[] => [
          { step: { kind: 'journal', message }, afterMs: 1_000 },
          ...heardAfter
            .filter((after) => after === index)
            .map((): Timed => ({ step: { kind: 'hear', age }, afterMs: 0 })),
        ])
        const { world } = run(steps, { announced })
        expect(world.revisions).toMatchObject([{ revision: 1, messages: order.length }])
      }),
    )
  })

  test('without operators never ends before its time, nor after its window', () => {
    fc.assert(
      fc.property(quiet, settings, (steps, values) => {
        const { world } = run(steps, values)
        const [first] = world.revisions
        if (first === undefined) return
        const windowEnd = start + values.windowSeconds * 1_000
        if (values.announced > 0 && !first.whole)
          expect(first.atMs).toBeGreaterThanOrEqual(windowEnd)
        const lastStepMs = start + steps.reduce((sum, step) => sum + step.afterMs, 0)
        const gatherMs = Math.min(values.idleSeconds, values.windowSeconds) * 1_000
        expect(first.atMs).toBeLessThanOrEqual(Math.max(windowEnd, lastStepMs + gatherMs))
      }),
    )
  })
})

describe('what comes by hand', () => {
  const numbers = fc.oneof(fc.double(), fc.integer(), fc.nat(), fc.anything())
  const anySnapshot = fc.record({
    ...Object.fromEntries(
      Object.keys(snapshotOf({ journal: new Set(), snapshots: [], revisions: [], breaks: 0 }, {}))
        .filter((name) => name !== 'missingSample')
        .map((name) => [name, numbers]),
    ),
    missingSample: fc.oneof(fc.array(fc.string()), fc.anything()),
  })

  test('is no snapshot, or one that can be waited for and described', () => {
    fc.assert(
      fc.property(fc.oneof(anySnapshot, fc.anything()), fc.array(asked), (value, requests) => {
        if (!isProgress(value)) return
        const messages: TransactionMessage[] = [{ kind: 'progress', progress: value }, ...requests]
        const state = messages.reduce(
          (current, message) => applyMessage(current, message, start),
          emptyTransaction,
        )
        expect(describeTransaction(state, decide(state, start))).not.toBe('')
        expect(JSON.stringify(state).length).toBeLessThan(10_000)
      }),
      { numRuns: 1_000 },
    )
  })

  test('never makes the state grow', () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 50 }), (requests) => {
        const journal = new Set([0])
        const progress = snapshotOf({ journal, snapshots: [], revisions: [], breaks: 0 }, {})
        const state = requests.reduce(
          (current, message) => applyMessage(current, message, start),
          applyMessage(emptyTransaction, { kind: 'progress', progress }, start),
        )
        expect(JSON.stringify(state).length).toBeLessThan(1_000)
      }),
    )
  })
})

describe('snapshots of a journal in which a token that came later names more services', () => {
  const before = snapshotOf(
    { journal: new Set([0, 1]), snapshots: [], revisions: [], breaks: 0 },
    { announced: 1 },
  )
  const after = { ...before, completeImages: 0, missing: 1, missingSample: ['ocr 2.0 of 9f'] }

  test('are joined to the later one, in any order', () => {
    expect(laterProgress(before, after)).toEqual(after)
    expect(laterProgress(after, before)).toEqual(after)
  })
})
