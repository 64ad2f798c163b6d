import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import type { ProcessDefinition } from '../../cli/supervisor/process-definition.ts'

export type Behaviour = 'sound' | 'fails' | 'stubborn' | 'parent'

/** A process definition whose process is a stand-in, on a free port. */
export async function standIn(
  name: string,
  behaviour: Behaviour = 'sound',
  more: Partial<ProcessDefinition> = {},
): Promise<ProcessDefinition> {
  const port = await freePort()
  return {
    kind: 'role',
    name,
    ports: { health: port },
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'stand-in-process.ts'), String(port), behaviour],
    environment: {},
    directory: import.meta.dirname,
    isReady: async () => (await fetch(`http://127.0.0.1:${port}`)).ok,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    ...more,
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
