import { randomInt } from 'node:crypto'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { isPortFree } from '../preflight/check-ports.ts'

/** Below the range from which systems take the ports of outgoing connections (32768 upwards on Linux). */
const lowest = 21_000
const highest = 32_000
const maxAttempts = 100

/** Finds a base with `count` free ports in a row. */
export async function findPortBase(count: number): Promise<number> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const base = randomInt(lowest, highest - count)
    const ports = Array.from({ length: count }, (_, index) => base + index)
    const free = await Promise.all(ports.map(isPortFree))
    if (free.every(Boolean)) return base
  }
  throw new IpsError(
    'no-free-ports',
    `there are no ${count} free ports in a row from ${lowest} to ${highest}.`,
  )
}
