import { afterEach, describe, expect, it } from '@jest/globals'
import { createMetrics } from '../../../lib/telemetry/create-metrics.ts'
import {
  startHealthServer,
  type HealthServer,
  type Readiness,
} from '../../../lib/telemetry/health-server.ts'

const started: HealthServer[] = []

async function start(readiness: () => Readiness): Promise<string> {
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    registry: createMetrics('push'),
    readiness,
  })
  started.push(server)
  return `http://127.0.0.1:${server.port}`
}

describe('startHealthServer', () => {
  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.close()))
  })

  it('is live while the process runs', async () => {
    const base = await start(() => ({ kafka: 'not connected' }))
    expect((await fetch(`${base}/health/live`)).status).toBe(200)
  })

  it('is ready only while everything is', async () => {
    const state = { kafka: 'ok', postgres: 'connection refused' }
    const base = await start(() => state)
    const unready = await fetch(`${base}/health/ready`)
    expect(unready.status).toBe(503)
    expect(await unready.json()).toEqual({ status: 'unready', checks: state })
    state.postgres = 'ok'
    expect((await fetch(`${base}/health/ready`)).status).toBe(200)
  })

  it('serves metrics in Prometheus’ format, with the role', async () => {
    const base = await start(() => ({}))
    const text = await (await fetch(`${base}/metrics`)).text()
    expect(text).toMatch(/^process_cpu_seconds_total\{role="push"\} /m)
  })

  it('refuses to start on a port that is taken', async () => {
    const base = await start(() => ({}))
    const port = Number(new URL(base).port)
    const second = startHealthServer({
      host: '127.0.0.1',
      port,
      registry: createMetrics('x'),
      readiness: () => ({}),
    })
    await expect(second).rejects.toThrow('EADDRINUSE')
  })
})
