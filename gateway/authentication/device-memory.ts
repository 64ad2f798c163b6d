import type { DeviceKey } from '../../lib/token/read-device-key.ts'
import type { DeviceName } from './device-keys.ts'

/** Devices at most, about 400 bytes each; the one that came longest ago is forgotten first. */
const maxDevices = 10_000

/** The keys with which good assertions were signed, and when the database last confirmed each. */
export interface DeviceMemory {
  /** Notes what the database said when it was asked at `readMs`; `undefined`: the key does not count any more. */
  note(device: DeviceName, key: DeviceKey | undefined, readMs: number): void
  /** Notes that no key of a client counts any more. */
  forgetClient(clientId: string, readMs: number): void
  /** A key that counted when the database was last asked, and no longer ago than `maxAgeMs`. */
  find(device: DeviceName): DeviceKey | undefined
  /** Every device that is known. */
  names(): DeviceName[]
  /** Notes of all of `asked` that those of `active` count, and the others do not. */
  confirm(asked: readonly DeviceName[], active: readonly DeviceName[], readMs: number): void
}

interface Entry {
  readonly device: DeviceName
  readonly key: DeviceKey | undefined
  readonly readMs: number
}

/** Creates the memory; `elapsedMs` only runs forward. */
export function createDeviceMemory(options: {
  readonly maxAgeMs: number
  readonly elapsedMs: () => number
}): DeviceMemory {
  const { maxAgeMs, elapsedMs } = options
  // A Map iterates in the order of insertion: its first key is the one that was noted longest ago.
  const entries = new Map<string, Entry>()
  const keyOf = ({ clientId, kid }: DeviceName) => `${clientId} ${kid}`
  const replace = (entry: Entry) => {
    const known = entries.get(keyOf(entry.device))
    // Answers may come in another order than the questions: the later question counts.
    if (known !== undefined && known.readMs > entry.readMs) return
    entries.set(keyOf(entry.device), entry)
  }
  return {
    note(device, key, readMs) {
      const known = entries.get(keyOf(device))
      if (known === undefined && key === undefined) return
      replace({ device, key, readMs })
      if (key !== undefined) moveToEnd(entries, keyOf(device))
      const [oldest] = entries.size > maxDevices ? entries.keys() : []
      if (oldest !== undefined) entries.delete(oldest)
    },
    forgetClient(clientId, readMs) {
      for (const { device } of entries.values())
        if (device.clientId === clientId) replace({ device, key: undefined, readMs })
    },
    find(device) {
      const entry = entries.get(keyOf(device))
      if (entry === undefined || elapsedMs() - entry.readMs > maxAgeMs) return undefined
      return entry.key
    },
    names: () => [...entries.values()].map(({ device }) => device),
    confirm(asked, active, readMs) {
      const counting = new Set(active.map(keyOf))
      for (const device of asked) {
        const known = entries.get(keyOf(device))
        if (known === undefined) continue
        replace({ ...known, key: counting.has(keyOf(device)) ? known.key : undefined, readMs })
      }
    },
  }
}

function moveToEnd(entries: Map<string, Entry>, key: string): void {
  const entry = entries.get(key)
  if (entry === undefined) return
  entries.delete(key)
  entries.set(key, entry)
}
