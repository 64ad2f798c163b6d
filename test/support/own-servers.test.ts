import { connect } from 'node:net'
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Client, Connection } from '@temporalio/client'
import pg from 'pg'
import { pino } from 'pino'
import { createKafka } from '../../lib/kafka/create-kafka.ts'
import { ensureTopics } from '../../lib/kafka/ensure-topics.ts'
import { databaseUrl } from '../../lib/postgres/create-pool.ts'
import { topics } from '../../lib/topology.ts'
import { startOwnServer, type OwnServer } from './own-servers.ts'

/** A broker starts three times. */
jest.setTimeout(120_000)

let server: OwnServer | undefined
afterEach(() => server?.drop())

/** Keeps something on a server, and says whether it is there. */
interface Keeper {
  readonly variable: string
  keep(address: string): Promise<void>
  isKept(address: string): Promise<boolean>
}

const keepers: Readonly<Record<'kafka' | 'postgres' | 'temporal', () => Keeper>> = {
  kafka() {
    const options = (address: string) => ({
      brokers: [address],
      clientId: 'test',
      topicPrefix: 'kept-',
      logger: pino({ level: 'silent' }),
    })
    return {
      variable: 'KAFKA_BROKERS',
      keep: (address) => ensureTopics(options(address)),
      async isKept(address) {
        const admin = createKafka(options(address)).admin()
        await admin.connect()
        const names = await admin.listTopics().finally(() => admin.disconnect())
        return names.includes(`kept-${topics.ingest.name}`)
      },
    }
  },
  postgres: () => ({
    variable: 'POSTGRES_URL',
    async keep(url) {
      await query(url, 'CREATE DATABASE kept')
    },
    async isKept(url) {
      const { rowCount } = await query(url, "SELECT FROM pg_database WHERE datname = 'kept'")
      return rowCount === 1
    },
  }),
  temporal() {
    const workflowId = randomUUID()
    const workflows = async (address: string) =>
      new Client({ connection: await Connection.connect({ address }) })
    return {
      variable: 'TEMPORAL_ADDRESS',
      async keep(address) {
        const { workflow, connection } = await workflows(address)
        await workflow.start('nobodyRunsIt', { workflowId, taskQueue: 'nobody', args: [] })
        await connection.close()
      },
      async isKept(address) {
        const { workflow, connection } = await workflows(address)
        const { status } = await workflow.getHandle(workflowId).describe()
        await connection.close()
        return status.name === 'RUNNING'
      },
    }
  },
}

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: databaseUrl(url, 'postgres') })
  await client.connect()
  return await client.query(sql).finally(() => client.end())
}

function isReachable(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address.includes('//') ? address : `tcp://${address}`)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.destroy())
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(true))
  })
}

describe('a server of a test’s own', () => {
  test.each(['kafka', 'postgres', 'temporal'] as const)(
    'is %s, which keeps its address and its data however it ends',
    async (name) => {
      const keeper = keepers[name]()
      server = await startOwnServer(name)
      const address = server.environment[keeper.variable] ?? ''
      expect(address).not.toBe(process.env[keeper.variable])
      await keeper.keep(address)
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        await server.stop(signal)
        expect(await isReachable(address)).toBe(false)
        await server.start()
        expect(await keeper.isKept(address)).toBe(true)
      }
      await server.drop()
      expect(await isReachable(address)).toBe(false)
    },
  )
})
