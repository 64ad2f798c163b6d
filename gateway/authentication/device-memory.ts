import { createBoundedCache } from '../../lib/token/bounded-cache.ts'
import type { DeviceKey } from '../../lib/token/read-device-key.ts'
import type { DeviceName } from './device-keys.ts'

/** Devices at most, about 400 bytes each; the one that came longest ago is forgotten first. */
const maxDevices = 10_000
/** Denials need be known only as long as an earlier question may still be answered: a few seconds. */
const maxDenials = 10_000

/**
 * The keys with which devices came, and when the database last confirmed each. Answers may come in another order than the
 * questions: it is the later question that counts.
 */
export interface DeviceMemory {
  /** Notes what the database said when it was asked at `readMs`; `undefined`: the key does not count. */
  note(device: DeviceName, key: DeviceKey | undefined, readMs: number): void
  /** Notes that no key of a client counts. */
  forgetClient(clientId: string, readMs: number): void
  /** Notes of all of `asked` that those of `active` count, and the others do not. */
  confirm(asked: readonly DeviceName[], active: readonly DeviceName[], readMs: number): void
  /** A key that counted when the database was last asked, and no longer ago than `maxAgeMs`. */
  find(device: DeviceName): DeviceKey | undefined
  /** Every device that is known. */
  names(): DeviceName[]
}

interface Entry {
  readonly device: DeviceName
  readonly key: DeviceKey
  readonly readMs: number
}

/** Creates the memory; `elapsedMs` only runs forward. */
export function createDeviceMemory(options: {
  readonly maxAgeMs: number
  readonly elapsedMs: () => number
}): DeviceMemory {
  const { maxAgeMs, elapsedMs } = options
  // A Map iterates in the order of insertion: its first key is the one that came longest ago.
  const entries = new Map<string, Entry>()
  /** When clients and devices were last denied. */
  const denials = createBoundedCache<{ readonly readMs: number }>(maxDenials)
  const keyOf = ({ clientId, kid }: DeviceName) => `${clientId} ${kid}`
  const deny = (name: string, readMs: number) => {
    denials.set(name, { readMs: Math.max(readMs, denials.get(name)?.readMs ?? 0) })
  }
  const isDenied = (device: DeviceName, readMs: number) =>
    [device.clientId, keyOf(device)].some((name) => (denials.get(name)?.readMs ?? -1) >= readMs)
  const drop = (device: DeviceName, readMs: number) => {
    const entry = entries.get(keyOf(device))
    if (entry !== undefined && entry.readMs <= readMs) entries.delete(keyOf(device))
  }
  const memory: DeviceMemory = {
    note(device, key, readMs) {
      if (key === undefined) {
        deny(keyOf(device), readMs)
        drop(device, readMs)
        return
      }
      if (isDenied(device, readMs)) return
      entries.delete(keyOf(device))
      entries.set(keyOf(device), { device, key, readMs })
      const [oldest] = entries.size > maxDevices ? entries.keys() : []
      if (oldest !== undefined) entries.delete(oldest)
    },
    forgetClient(clientId, readMs) {
      deny(clientId, readMs)
      for (const { device } of entries.values())
        if (device.clientId === clientId) drop(device, readMs)
    },
    confirm(asked, active, readMs) {
      const counting = new Set(active.map(keyOf))
      for (const device of asked) {
        const known = entries.get(keyOf(device))
        if (!counting.has(keyOf(device))) memory.note(device, undefined, readMs)
        else if (known !== undefined) entries.set(keyOf(device), { ...known, readMs })
      }
    },
    find(device) {
      const entry = entries.get(keyOf(device))
      return entry !== undefined && elapsedMs() - entry.readMs <= maxAgeMs ? entry.key : undefined
    },
    names: () => [...entries.values()].map(({ device }) => device),
  }
  return memory
}
