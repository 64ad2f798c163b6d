import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MessageResult } from '../../../activities/deliver-message.ts'
import type { MessageDeliveryInput } from '../../../workflows/messages.ts'
import { describeMessage } from '../../../workflows/message/describe-message.ts'
import {
  applyDeath,
  applyRefusal,
  applyTry,
  createMemory,
  isExhausted,
  isOpen,
  maxTries,
  messageStatusOf,
} from '../../../workflows/message/message-memory.ts'

const input: MessageDeliveryInput = {
  clientId: 'client',
  endpointId: 'endpoint',
  host: 'hooks.example',
  messageId: 'message',
  correlationId: 'case',
  position: 1,
  state: 'retrying',
}
const day = 86_400_000
const nowMs = Date.parse('2026-11-24T06:00:00Z')
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

const details = { status: fc.integer({ min: 300, max: 599 }), error: fc.constant('status-400') }
const failure: fc.Arbitrary<MessageResult> = fc.record(
  { outcome: fc.constantFrom('refused', 'trouble'), ...details, retryAfterMs: fc.nat(day) },
  { requiredKeys: ['outcome'] },
)
const hold: fc.Arbitrary<MessageResult> = fc.record(
  {
    outcome: fc.constant('held'),
    error: fc.constantFrom('paused', 'disabled', 'backing-off', 'busy'),
    until: fc.integer({ min: nowMs - day, max: nowMs + day }),
  },
  { requiredKeys: ['outcome'] },
)

describe('what the workflow of a message knows', () => {
  test('counts nine tries, whatever their answers, and no hold', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(failure, hold)), random, (results, part) => {
        const memory = createMemory(input, nowMs, part)
        let tries = 0
        for (const result of results) {
          if (isExhausted(memory)) break
          applyTry(memory, result, nowMs, part)
          if (result.outcome !== 'held') tries += 1
          expect(memory.tries).toBe(tries)
        }
        expect(isExhausted(memory)).toBe(tries === maxTries)
        expect(isOpen(memory)).toBe(true)
      }),
    )
  })

  test('never waits for less than a second or for much more than a day', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(failure, hold), { minLength: 1 }), random, (results, part) => {
        const memory = createMemory(input, nowMs, part)
        for (const result of results) {
          applyTry(memory, result, nowMs, part)
          expect(memory.dueAtMs - nowMs).toBeGreaterThan(1_000)
          expect(memory.dueAtMs - nowMs).toBeLessThan(1.3 * day)
          expect(Number.isInteger(memory.dueAtMs)).toBe(true)
        }
      }),
    )
  })

  test('comes after the end of its endpoint’s back-off, and never together with all others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: day }), random, (waitMs, part) => {
        const memory = createMemory(input, nowMs, 0)
        applyTry(memory, { outcome: 'held', until: nowMs + waitMs }, nowMs, part)
        expect(memory.dueAtMs).toBe(nowMs + Math.floor(waitMs + 15_000 * (1 + part)))
      }),
    )
  })

  test('asks an endpoint that is paused less and less often', () => {
    const memory = createMemory(input, nowMs, 0)
    const minutes = Array.from({ length: 9 }, () => {
      applyTry(memory, { outcome: 'held', error: 'paused' }, nowMs, 0)
      return (memory.dueAtMs - nowMs) / 60_000
    })
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  test.each(['delivered', 'over'] as const)('ends with %s', (outcome) => {
    const memory = createMemory(input, nowMs, 0)
    applyTry(memory, { outcome }, nowMs, 0)
    expect(isOpen(memory)).toBe(false)
    expect(memory.state).toBe(outcome)
  })

  test('stays dropped, whatever a try that was under way says', () => {
    const memory = createMemory(input, nowMs, 0)
    memory.state = 'dropped'
    applyTry(memory, { outcome: 'refused' }, nowMs, 0)
    expect(memory.state).toBe('dropped')
  })

  test('makes a dead message no less dead where an operator’s try fails', () => {
    fc.assert(
      fc.property(fc.oneof(failure, hold), random, (result, part) => {
        const memory = createMemory({ ...input, state: 'dead' }, nowMs, part)
        applyTry(memory, result, nowMs, part)
        expect(memory.state).toBe('dead')
        expect(memory.dueAtMs).toBe(nowMs + day)
        expect(isExhausted(memory)).toBe(false)
      }),
    )
  })

  test('has a fresh schedule where a dead message was refused once more, and only there', () => {
    const memory = createMemory(input, nowMs, 0)
    applyTry(memory, { outcome: 'refused', status: 400 }, nowMs, 0)
    applyRefusal(memory, nowMs, 0)
    expect(memory).toMatchObject({ state: 'retrying', tries: 1 })
    applyDeath(memory, nowMs)
    applyRefusal(memory, nowMs, 0)
    expect(memory).toMatchObject({ state: 'retrying', tries: 0, dueAtMs: nowMs + 5_000 })
  })

  test('goes through a fresh run unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(failure, hold)), random, (results, part) => {
        const memory = createMemory(input, nowMs, part)
        for (const result of results) applyTry(memory, result, nowMs, part)
        const carried = JSON.parse(JSON.stringify(memory)) as typeof memory
        const next = createMemory({ ...input, carried }, nowMs + day, part)
        expect(messageStatusOf(next)).toEqual(messageStatusOf(memory))
        expect(describeMessage('host', next)).toBe(describeMessage('host', memory))
      }),
    )
  })
})
