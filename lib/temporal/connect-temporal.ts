import { setTimeout } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'

/** Where Temporal is. */
export interface TemporalOptions {
  readonly address: string
  readonly namespace: string
}

/**
 * Creates a client that connects on first use, so that a process starts and does what it can while Temporal is away.
 * Close its `connection` at the end.
 */
export function createTemporalClient({ address, namespace }: TemporalOptions): Client {
  return new Client({ connection: Connection.lazy({ address }), namespace })
}

const firstRetryMs = 250
const maxRetryMs = 5_000

/** Connects a worker; tries again, with back-off, until Temporal is there or `signal` is aborted. */
export async function connectWorker(
  address: string,
  signal: AbortSignal,
): Promise<NativeConnection> {
  for (let delayMs = firstRetryMs; ; delayMs = Math.min(delayMs * 2, maxRetryMs)) {
    signal.throwIfAborted()
    try {
      return await NativeConnection.connect({ address })
    } catch (error) {
      if (signal.aborted) throw error
      await setTimeout(delayMs, undefined, { signal })
    }
  }
}
