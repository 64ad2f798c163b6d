import { describe, expect, test } from '@jest/globals'
import { deliveryTable, describeDelivery } from '../../../cli/operations/describe-delivery.ts'
import type { LoggedDeliveryReport } from '../../../cli/operations/show-delivery.ts'

const now = Date.parse('2026-11-24T06:00:00Z')

const delivery = (changes: Partial<LoggedDeliveryReport> = {}): LoggedDeliveryReport => ({
  ...{ id: 'm1', type: 'ocr.v1m0.RecognizedText', correlationId: 'case-17', state: 'retrying' },
  ...{ attempts: 1, lastStatus: 400, lastError: 'status-400', endpointId: 'e1' },
  ...{ createdAt: '2026-11-24T05:00:00.000Z', nextAttemptAt: '2026-11-24T06:05:00.000Z' },
  ...{ reason: null, held: null, clientId: 'kiosk', host: 'hooks.example' },
  log: [
    {
      ...{ number: 1, at: '2026-11-24T05:00:01.000Z', status: 400, error: 'status-400' },
      ...{ durationMs: 12, address: '192.0.2.1', answer: 'no\u001b[2J' },
    },
  ],
  ...changes,
})

describe('describeDelivery', () => {
  test('says what happened to a refused message, when it is tried next, and what can be done', () => {
    const text = describeDelivery(delivery(), now).join('\n')
    expect(text).toContain('m1: retrying')
    expect(text).toContain('of transaction case-17, for kiosk at hooks.example')
    expect(text).toContain('It was tried 1 time, the last time with 400.')
    expect(text).toContain('The next try comes at 2026-11-24T06:05:00.000Z (in 5 min).')
    expect(text).toMatch(/1 +2026-11-24T05:00:01\.000Z +400 +12 +192\.0\.2\.1 +no \[2J/)
    expect(text).toContain('deliveries retry m1')
    expect(text).toContain('deliveries drop m1')
  })

  test('says that its endpoint holds it up', () => {
    expect(describeDelivery(delivery({ held: 'paused' }), now).join('\n')).toContain(
      'its endpoint is paused',
    )
  })

  test.each([
    ['pending', 'waits in the queue'],
    ['delivered', 'was delivered'],
    ['dead', 'was given up (exhausted)'],
    ['dropped', 'has dropped it: exhausted'],
    ['expired', 'its body is gone'],
  ] as const)('describes one that is %s', (state, words) => {
    const text = describeDelivery(delivery({ state, reason: 'exhausted', log: [] }), now).join('\n')
    expect(text).toContain(words)
  })

  test('offers nothing that its state does not allow', () => {
    const offered = (state: LoggedDeliveryReport['state']) =>
      describeDelivery(delivery({ state }), now)
        .join('\n')
        .match(/deliveries (drop|retry)/g)
    expect(offered('delivered')).toEqual(['deliveries retry'])
    expect(offered('expired')).toBeNull()
    expect(offered('dead')).toEqual(['deliveries retry', 'deliveries drop'])
  })
})

describe('deliveryTable', () => {
  test('has a row for each message', () => {
    const table = deliveryTable([delivery(), delivery({ id: 'm2', nextAttemptAt: null })])
    const [head = '', first = '', second = ''] = table.split('\n')
    expect(head).toMatch(/^id +type +correlation +state +attempts +last +created +next$/)
    expect(first).toMatch(/^m1 .* retrying +1 +400 .* 2026-11-24T06:05:00\.000Z$/)
    expect(second).toMatch(/^m2 /)
  })
})
