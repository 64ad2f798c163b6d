import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DeliveryResult } from '../../../activities/deliver-endpoint.ts'
import { describeEndpoint } from '../../../workflows/endpoint/describe-endpoint.ts'
import {
  applyEnable,
  applyReplay,
  applyResult,
  carriedOf,
  createMemory,
  hasMoreToDo,
  holdOf,
  statusOf,
  type EndpointMemory,
} from '../../../workflows/endpoint/endpoint-memory.ts'

const input = { clientId: 'client', endpointId: 'endpoint', host: 'hooks.example' }
const nowMs = Date.parse('2026-11-24T06:00:00Z')

const result: fc.Arbitrary<DeliveryResult> = fc.record(
  {
    outcome: fc.constantFrom('asleep', 'unfinished', 'trouble', 'gone'),
    delivered: fc.nat(3),
    refused: fc.nat(3),
    status: fc.integer({ min: 200, max: 599 }),
    error: fc.constantFrom('status-503', 'ECONNREFUSED'),
    retryAfterMs: fc.nat(86_400_000),
  },
  { requiredKeys: ['outcome', 'delivered', 'refused'] },
)

const step: fc.Arbitrary<(memory: EndpointMemory) => void> = fc.oneof(
  result.map((one) => (memory: EndpointMemory) => applyResult(memory, one, nowMs, 0.5)),
  fc.boolean().map((paused) => (memory: EndpointMemory) => void (memory.paused = paused)),
  fc.constant((memory: EndpointMemory) => void (memory.disabled = true)),
  fc.constant(applyEnable),
  fc.anything().map((request) => (memory: EndpointMemory) => applyReplay(memory, request)),
)

describe('what the workflow of an endpoint knows', () => {
  test('goes through a fresh run unchanged, whatever has happened', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const memory = createMemory(input)
        for (const apply of steps) apply(memory)
        const carried: unknown = JSON.parse(JSON.stringify(carriedOf(memory)))
        const next = createMemory({ ...input, carried: carried as typeof memory })
        expect(statusOf(next)).toEqual(statusOf(memory))
        expect(holdOf(next, nowMs)).toBe(holdOf(memory, nowMs))
        expect(hasMoreToDo(next)).toBe(hasMoreToDo(memory))
        expect(describeEndpoint('host', next)).toBe(describeEndpoint('host', memory))
      }),
    )
  })

  test('also where an older version has handed it over', () => {
    const carried = { shown: 'paused', paused: true, disabled: false } as const
    const memory = createMemory({
      ...input,
      carried: { ...carried, delivered: 1, refused: 0, failures: 0 },
    })
    expect(hasMoreToDo(memory)).toBe(true)
    expect(statusOf(memory)).toEqual({ state: 'paused', delivered: 1, refused: 0, failures: 0 })
  })

  test('sends nothing while it is paused, disabled or backs off', () => {
    const memory = createMemory(input)
    expect(holdOf(memory, nowMs)).toBeUndefined()
    applyResult(memory, { outcome: 'trouble', delivered: 0, refused: 0 }, nowMs, 0)
    expect(holdOf(memory, nowMs + 4_999)).toBe('backing-off')
    expect(holdOf(memory, nowMs + 5_000)).toBeUndefined()
    applyResult(memory, { outcome: 'gone', delivered: 0, refused: 0, status: 410 }, nowMs, 0)
    expect(holdOf(memory, nowMs)).toBe('disabled')
    memory.paused = true
    expect(holdOf(memory, nowMs)).toBe('paused')
    applyEnable(memory)
    memory.paused = false
    expect(holdOf(memory, nowMs)).toBeUndefined()
  })

  test('takes a delivery for the end of all trouble before it', () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 5 }), (results) => {
        const memory = createMemory(input)
        for (const one of results) applyResult(memory, one, nowMs, 0)
        applyResult(memory, { outcome: 'asleep', delivered: 1, refused: 0 }, nowMs, 0)
        expect(memory).toMatchObject({ failures: 0 })
        expect(memory.lastError).toBeUndefined()
      }),
    )
  })
})
