import { createServer } from 'node:net'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { findPortOwner } from './find-port-owner.ts'

/** A port that is about to be used. */
export interface WantedPort {
  readonly port: number
  /** Who wants it. */
  readonly name: string
}

/** True where 127.0.0.1 has nobody on `port`. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    return await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(true))
    })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Throws `IpsError('port-in-use')` that names the first port that is taken, by whom, and what to do. */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const { port, name } of wanted) {
    if (await isPortFree(port)) continue
    const owner = findPortOwner(port)
    throw new IpsError(
      'port-in-use',
      `port ${port}, for ${name}, is in use by ${owner ?? 'another process'}: stop it, or choose other ports, for example IPS_PORT_BASE=21000.`,
    )
  }
}
