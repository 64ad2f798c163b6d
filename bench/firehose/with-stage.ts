import path from 'node:path'
import { clientKeysFolder, createClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { createTestDatabases } from '../../test/support/postgres.ts'
import { createTestKeys, issueTestToken } from '../../test/support/tokens.ts'
import { createFirehoseJournal } from '../../workers/firehose/journal/create-firehose-journal.ts'
import { findFreePort } from '../find-free-port.ts'
import { createCpuMeter, findServers, type MeasureCpu } from '../measure-cpu.ts'
import { startProcess, type RunningProcess } from '../start-process.ts'
import { renderMessage } from './render-message.ts'

/** A journal with a process that streams it, and nothing else. */
export interface Stage {
  readonly url: string
  readonly stream: RunningProcess
  readonly pool: Pool
  /** With which a filler fills the same journal. */
  readonly environment: Readonly<Record<string, string>>
  readonly token: (clientId: string) => Promise<string>
  /** Appends the messages from number `from` on, of 1 KiB each, in order; number n gets offset n where the first had 1. */
  readonly append: (clientId: string, count: number, from?: number) => Promise<void>
  readonly measureCpu: MeasureCpu
}

/** What the filler takes at once, about. */
const messagesPerAppend = 500
/** What of the CPU the sum holds: not what reads. */
const summed = ['stream', 'postgres']
/** So that no limit is met: what is measured is what streams cost. */
const streamSettings = { FIREHOSE_MAX_STREAMS: '100000', LOG_LEVEL: 'warn' }

/** Sets a stage up, works on it, and takes it down. */
export async function withStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const keys = await createTestKeys()
  const databases = createTestDatabases()
  try {
    const schema = path.resolve('workers/firehose/schema')
    const pool = await databases.createDatabase('ips_firehose', schema, journalPoolSettings)
    const clientKeys = createClientKeys(clientKeysFolder(keys.directory, 'firehose'))
    const journal = createFirehoseJournal(pool, clientKeys)
    const environment = {
      POSTGRES_DATABASE_PREFIX: databases.prefix,
      IPS_KEYS_DIRECTORY: keys.directory,
      TOKEN_ISSUER: keys.issuer,
    }
    const port = await findFreePort()
    const http = { HTTP_PORT: String(port), ...streamSettings }
    const stream = await startProcess('firehose-stream', { ...environment, ...http })
    const processes = [
      { name: 'stream', pid: stream.pid },
      ...(await findServers()).filter(({ name }) => name === 'postgres'),
      { name: 'bench', pid: process.pid },
    ]
    try {
      return await work({
        ...{ stream, pool, environment },
        url: `http://127.0.0.1:${port}`,
        token: (clientId) => issueTestToken(keys, { clientId, rights: { 'firehose-1.*': true } }),
        async append(clientId, count, from = 1) {
          const key = await clientKeys.keyFor(clientId)
          for (let next = from; next < from + count; next += messagesPerAppend) {
            const size = Math.min(messagesPerAppend, from + count - next)
            const numbers = Array.from({ length: size }, (_, index) => next + index)
            await journal.append(numbers.map((number) => ({ key, ...renderMessage(number) })))
          }
        },
        measureCpu: createCpuMeter(processes, summed),
      })
    } finally {
      await stream.stop()
    }
  } finally {
    await databases.drop()
    await keys.remove()
  }
}
