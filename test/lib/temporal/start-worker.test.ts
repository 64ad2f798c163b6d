import { beforeAll, describe, expect, test } from '@jest/globals'
import { Client, Connection } from '@temporalio/client'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { pino } from 'pino'
import { startWorker, type WorkerOptions } from '../../../lib/temporal/start-worker.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { installQuietRuntime } from '../../support/temporal.ts'
import { until } from '../../support/until.ts'

beforeAll(() => installQuietRuntime())

const [host = '', port] = (process.env['TEMPORAL_ADDRESS'] ?? '').split(':')

function optionsOf(address: string, crashes: unknown[]): WorkerOptions {
  return {
    address,
    namespace: 'default',
    taskQueue: randomUUID(),
    activities: { greet: (name: string) => Promise.resolve(`hello ${name}`) },
    maxConcurrentActivities: 2,
    shutdownGraceTimeMs: 1_000,
    logger: pino({ level: 'silent' }),
    onCrash: (error) => void crashes.push(error),
  }
}

describe('a worker', () => {
  test('runs as soon as Temporal is there, and stops', async () => {
    const crashes: unknown[] = []
    const proxy = await startTcpProxy(host, Number(port))
    proxy.cut()
    const worker = startWorker(optionsOf(`127.0.0.1:${proxy.port}`, crashes))
    expect(worker.isRunning()).toBe(false)
    proxy.mend()
    await until('the worker runs', () => worker.isRunning())
    await worker.stop()
    expect(worker.isRunning()).toBe(false)
    expect(crashes).toEqual([])
    await proxy.close()
  })

  test('that still waits for Temporal stops at once', async () => {
    const crashes: unknown[] = []
    const worker = startWorker(optionsOf('127.0.0.1:1', crashes))
    await worker.stop()
    expect(crashes).toEqual([])
  })

  test('runs workflows from a folder of TypeScript', async () => {
    const crashes: unknown[] = []
    const options = {
      ...optionsOf(`${host}:${port ?? ''}`, crashes),
      workflowsPath: path.resolve('workflows/index.ts'),
      activities: {
        deliverEndpoint: () => Promise.resolve({ outcome: 'asleep', delivered: 0, refused: 0 }),
      },
    }
    const worker = startWorker(options)
    const connection = await Connection.connect({ address: options.address })
    const client = new Client({ connection })
    await client.workflow.execute('endpointDelivery', {
      workflowId: randomUUID(),
      taskQueue: options.taskQueue,
      args: [{ clientId: randomUUID(), endpointId: 'endpoint', host: 'hooks.example' }],
    })
    await worker.stop()
    await connection.close()
    expect(crashes).toEqual([])
  })
})
