import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ProbeReport } from '../../../workers/probe/run-probe.ts'
import { startProbe } from '../../../workers/probe/start-probe.ts'
import { startSystem, type System } from '../../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({ synthetic: true })
}, 180_000)

afterAll(() => system.stop(), 60_000)

describe('racc probe', () => {
  test('reports that a transaction came back', async () => {
    const output = await system.racc('probe', '--once')
    expect(JSON.parse(output) as ProbeReport).toMatchObject({
      transactions: 1,
      complete: 1,
      failed: 0,
    })
  }, 120_000)

  test('probes with the same client again, at a rate', async () => {
    const output = await system.racc('probe', '--rate', '2', '--duration', '2s')
    const report = JSON.parse(output) as ProbeReport
    expect(report.failed).toBe(0)
    expect(report.complete).toBeGreaterThan(1)
  }, 120_000)
})

describe('a probe', () => {
  test('says that the system is away where it is', async () => {
    const probe = await startProbe({
      gatewayUrl: 'http://127.0.0.1:1',
      port: 0,
      images: 1,
      timeoutMs: 500,
      identify: () =>
        Promise.resolve({ clientId: 'probe', clientSecret: 's', webhookSecret: 'whsec_' }),
    })
    const outcome = await probe.transaction(new AbortController().signal)
    await probe.close()
    expect(outcome.failure?.code).toBe('post-timed-out')
  })
})
