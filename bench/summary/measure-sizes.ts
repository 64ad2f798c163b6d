import { readFile, stat } from 'node:fs/promises'
import { roles } from '../../lib/topology.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import { pino } from 'pino'
import { readResidentMiB } from '../start-process.ts'
import { round } from '../statistics.ts'
import type { Stage } from './with-stage.ts'

/** How large everything is, in MiB; 0 for servers of other machines. */
export interface Sizes {
  readonly summaryResident: number
  readonly summaryHeap: number
  readonly temporalResident: number
  /** The file of its database, with its log. */
  readonly temporalDatabase: number
  readonly journal: number
}

const bytesPerMib = 1_024 * 1_024

/** Looks at everything that could grow. */
export async function measureSizes(stage: Stage): Promise<Sizes> {
  const { summary, servers } = stage
  const temporal = servers.find(({ name }) => name === 'temporal')?.pid ?? 0
  const heapBytes = await summary.metric('nodejs_heap_size_used_bytes')
  return {
    summaryResident: round(await summary.residentMiB()),
    summaryHeap: round(heapBytes / bytesPerMib),
    temporalResident: round(await readResidentMiB(temporal)),
    temporalDatabase: round(await readDatabaseFile(temporal)),
    journal: round(await readJournal(stage)),
  }
}

/** The development server names its file on its command line; others keep their data elsewhere. */
async function readDatabaseFile(pid: number): Promise<number> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const args = commandLine.split('\0')
  const file = args[args.indexOf('--db-filename') + 1] ?? ''
  const sizes = await Promise.all(
    [file, `${file}-wal`].map((name) =>
      stat(name).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0) / bytesPerMib
}

async function readJournal({ fixture }: Stage): Promise<number> {
  const { url, prefix } = fixture.databases
  const database = prefix + roles.summary.databases[0]
  const pool = createPool({ url, database, size: 1, logger: pino({ level: 'silent' }) })
  try {
    const { rows } = await pool.query<{ bytes: string }>(
      'SELECT pg_database_size(current_database()) AS bytes',
    )
    return Number(rows[0]?.bytes ?? 0) / bytesPerMib
  } finally {
    await pool.end()
  }
}
