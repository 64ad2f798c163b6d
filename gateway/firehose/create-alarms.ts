/** The alarm of one stream. */
export interface Alarm {
  /** Rings once at about this time, instead of any time that was set before. */
  set(atMs: number): void
  /** Rings no more. */
  remove(): void
}

/** Alarms that share one timer. */
export interface Alarms {
  add(ring: () => void): Alarm
}

/**
 * How often alarms are looked at: what they are for (heartbeats, the end of a token, another try) may be late by so much.
 * Looking at 5,000 of them takes a tenth of a millisecond.
 */
const intervalMs = 250

/** Creates alarms; the timer runs while there are any. `now` is monotonic, in milliseconds. */
export function createAlarms(now: () => number): Alarms {
  const all = new Set<{ atMs: number; readonly ring: () => void }>()
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    const nowMs = now()
    for (const alarm of all) {
      if (alarm.atMs > nowMs) continue
      alarm.atMs = Infinity
      alarm.ring()
    }
  }
  return {
    add(ring) {
      const alarm = { atMs: Infinity, ring }
      all.add(alarm)
      timer ??= setInterval(look, intervalMs)
      return {
        set: (atMs) => void (alarm.atMs = atMs),
        remove() {
          all.delete(alarm)
          if (all.size > 0) return
          clearInterval(timer)
          timer = undefined
        },
      }
    },
  }
}
