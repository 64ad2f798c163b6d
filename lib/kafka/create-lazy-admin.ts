import type { Admin, Kafka } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'

/** Asks the brokers things that a consumer cannot ask. */
export interface LazyAdmin {
  /** Connects on first use. Rejects with `IpsError('kafka-unavailable')`, retryable, for whatever `ask` rejects with. */
  use<T>(purpose: string, ask: (admin: Admin) => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** Creates a client that is not connected yet; after a failure it connects anew. */
export function createLazyAdmin(kafka: Kafka): LazyAdmin {
  let connecting: Promise<Admin> | undefined
  const connect = async () => {
    const admin = kafka.admin()
    await admin.connect()
    return admin
  }
  const disconnect = async () => {
    const former = connecting
    connecting = undefined
    const admin = await former?.catch(() => undefined)
    await admin?.disconnect()
  }
  return {
    async use(purpose, ask) {
      try {
        connecting ??= connect()
        return await ask(await connecting)
      } catch (cause) {
        disconnect().catch(() => undefined)
        throw new IpsError('kafka-unavailable', `${purpose} failed`, { retryable: true, cause })
      }
    },
    stop: disconnect,
  }
}
