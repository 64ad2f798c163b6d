import { jitteredRetryAfter, type Random } from '../retry-after.ts'
import { firehoseProblem } from './firehose-problems.ts'

/** A stream's place among the open ones. */
export interface StreamPlace {
  /** Makes room for another stream. Idempotent. */
  leave(): void
}

/** How a stream is brought to its end. */
export interface StreamEnding {
  /** Asks it to end in order. */
  end(): void
  /** Ends it at once. */
  cut(): void
}

/** The open streams of a process. */
export interface StreamPlaces {
  /**
   * Takes a place. Throws the problems `too-many-streams`, `overloaded`, and `restarting`, where the process is about to
   * end.
   */
  take(clientId: string, ending: StreamEnding): StreamPlace
  readonly count: () => number
  /** Ends all streams, cuts those that have not ended after `graceMs`, and takes no more. Resolves when all places are free. */
  close(graceMs: number): Promise<void>
}

/** Of one client in one process: two readers, each with a successor that takes over, fit in. */
export const maxStreamsPerClient = 4

/** Creates the places: at most `total`. */
export function createStreamPlaces({
  total,
  random,
}: {
  total: number
  random: Random
}): StreamPlaces {
  const open = new Map<symbol, StreamEnding>()
  const byClient = new Map<string, number>()
  const free = Promise.withResolvers<undefined>()
  let isClosing = false
  const check = (ofClient: number) => {
    const headers = jitteredRetryAfter(random)
    if (isClosing) throw firehoseProblem('restarting', 'connect again', { headers })
    if (open.size >= total) {
      throw firehoseProblem('overloaded', `${total} streams are open`, { headers })
    }
    if (ofClient >= maxStreamsPerClient) {
      const detail = `a client has ${maxStreamsPerClient} streams at most: end one of them first`
      throw firehoseProblem('too-many-streams', detail, { headers })
    }
  }
  return {
    count: () => open.size,
    take(clientId, ending) {
      const ofClient = byClient.get(clientId) ?? 0
      check(ofClient)
      const id = Symbol(clientId)
      open.set(id, ending)
      byClient.set(clientId, ofClient + 1)
      return {
        leave() {
          if (!open.delete(id)) return
          const left = (byClient.get(clientId) ?? 1) - 1
          if (left === 0) byClient.delete(clientId)
          else byClient.set(clientId, left)
          if (isClosing && open.size === 0) free.resolve(undefined)
        },
      }
    },
    async close(graceMs) {
      isClosing = true
      if (open.size === 0) return
      for (const ending of open.values()) ending.end()
      const timer = setTimeout(() => {
        for (const ending of open.values()) ending.cut()
      }, graceMs)
      await free.promise
      clearTimeout(timer)
    },
  }
}
