import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { searchAttributes } from '../../lib/topology.ts'
import { findArtefact } from '../install/read-manifest.ts'
import type { Setup } from '../setup/read-setup.ts'
import type { ProcessDefinition } from '../supervisor/process-definition.ts'

const readyTimeoutMs = 3_000
const stopTimeoutMs = 10_000

/** Four times as fast as the defaults; what is committed survives the process, though not always the machine. */
const pragmas = ['journal_mode=wal', 'synchronous=1']

/** A Temporal development server with its UI, below `IPS_HOME/temporal`. */
export function temporalServer(setup: Setup): ProcessDefinition {
  const directory = join(setup.home, 'temporal')
  const { temporal, temporalUi } = setup.ports
  return {
    kind: 'server',
    name: 'temporal',
    ports: { temporal, ui: temporalUi },
    command: join(setup.cache, findArtefact('temporal').directory, 'temporal'),
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn'],
      ...['--port', String(temporal), '--ui-port', String(temporalUi)],
      ...['--db-filename', join(directory, 'temporal.db')],
      ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
      ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ],
    environment: { PATH: setup.environment['PATH'] ?? '', HOME: directory },
    directory,
    prepare: async () => {
      await mkdir(directory, { recursive: true })
    },
    isReady: () => isTemporalReady(temporalUi),
    stopSignal: 'SIGTERM',
    stopTimeoutMs,
  }
}

/** Asks through the UI's server, so that one answer speaks for both: the namespace exists, and the UI is there. */
async function isTemporalReady(uiPort: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${uiPort}/api/v1/namespaces/default`, {
    signal: AbortSignal.timeout(readyTimeoutMs),
  })
  await response.body?.cancel()
  return response.ok
}
