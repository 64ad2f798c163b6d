import { describe, expect, test } from '@jest/globals'
import { describeAction, describeEndpoints } from '../../../cli/operations/describe-endpoint.ts'
import type { EndpointReport } from '../../../cli/operations/endpoint-report.ts'

const now = Date.parse('2026-11-24T06:00:00Z')

const report = (changes: Partial<EndpointReport> = {}): EndpointReport => ({
  ...{ clientId: 'kiosk', endpointId: 'e1', host: 'hooks.example', state: 'idle' },
  ...{ backlog: 0, inFlight: 0, lastStatus: null, nextAttemptAt: null },
  ...{ lastError: null, failures: 0, retrying: 0, dead: 0, workflow: 'none' },
  ...changes,
})
const described = (changes: Partial<EndpointReport>) =>
  describeEndpoints({ ...report(changes), older: [], keyTrouble: null }, now)

describe('describeEndpoints', () => {
  test('says of an endpoint that sleeps that nothing is left', () => {
    expect(described({})).toEqual([
      'kiosk → hooks.example: idle (endpoint e1)',
      'Nothing is left to deliver.',
      'Nothing waits, nothing is retried, nothing is dead.',
    ])
  })

  test('says why it backs off, until when, and how that ends', () => {
    const lines = described({
      ...{ state: 'backing-off', backlog: 120, failures: 3, lastStatus: 503, workflow: 'answers' },
      nextAttemptAt: '2026-11-24T06:30:00.000Z',
    })
    expect(lines).toContain(
      'It has failed 3 times in a row, the last time with status 503. It is tried again at 2026-11-24T06:30:00.000Z (in 30 min), with one message.',
    )
    expect(lines).toContain('  ./racc endpoint retry kiosk  tries it now')
  })

  test.each([
    ['paused', 'endpoint resume kiosk'],
    ['disabled', 'endpoint enable kiosk'],
  ] as const)('says how %s ends', (state, command) => {
    expect(described({ state, workflow: 'answers' }).join('\n')).toContain(command)
  })

  test('tells a 410 from an operator', () => {
    expect(described({ state: 'disabled', lastStatus: 410 }).join(' ')).toContain('answered 410')
    expect(described({ state: 'disabled' }).join(' ')).toContain('An operator has disabled it')
  })

  test('leads to what was refused and what is dead', () => {
    const text = described({ backlog: 1, retrying: 1, dead: 2 }).join('\n')
    expect(text).toContain('1 message in its queue, 1 refused and retried one by one, 2 dead.')
    expect(text).toContain('--state retrying')
    expect(text).toContain('endpoint replay kiosk')
  })

  test.each([
    ['silent', 'No push process answers'],
    ['unreachable', 'Temporal does not answer'],
  ] as const)('says where the workflow is %s', (workflow, sentence) => {
    expect(described({ workflow }).join('\n')).toContain(sentence)
  })

  test('notices messages that nobody delivers', () => {
    const text = described({ backlog: 7 }).join('\n')
    expect(text).toContain('its workflow does not run')
    expect(text).toContain('endpoint retry kiosk  starts the delivery')
  })

  test('says first that the key of the client is damaged, and what to do', () => {
    const keyTrouble = { code: 'client-key-damaged', message: 'the key in FILE is damaged' }
    const lines = describeEndpoints({ ...report(), older: [], keyTrouble }, now)
    expect(lines[0]).toBe('The key in FILE is damaged.')
    expect(lines[1]).toContain('docs/operations/keys.md')
    expect(lines[3]).toContain('dead-letters replay kiosk --reason client-key-damaged')
  })

  test('lists older endpoints', () => {
    const older = [report({ endpointId: 'e0', host: 'old.example', backlog: 1 })]
    const text = describeEndpoints({ ...report(), older, keyTrouble: null }, now).join('\n')
    expect(text).toContain('1 older endpoint, from before the URL changed')
    expect(text).toContain('  kiosk → old.example: idle (endpoint e0)')
  })
})

describe('describeAction', () => {
  test('says where an action is still to come', () => {
    const pending = {
      ...report({ state: 'delivering' }),
      older: [],
      keyTrouble: null,
      taken: false,
    }
    expect(describeAction(pending, now)[0]).toContain('is not done yet')
    expect(describeAction({ ...pending, taken: true }, now)[0]).toContain('kiosk →')
  })
})
