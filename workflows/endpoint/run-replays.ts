import { CancellationScope, condition, isCancellation, patched } from '@temporalio/workflow'
import type { OperationsActivities } from '../../activities/operate-endpoint.ts'
import { briefActivities } from '../brief-activities.ts'
import { failureReasonOf } from '../failure-reason.ts'
import { operationsPatch } from '../patches.ts'
import type { EndpointMemory } from './endpoint-memory.ts'
import type { WaitingReplay } from './replay-requests.ts'

/** The replays of an endpoint, beside whatever else its workflow does. */
export interface RunningReplays {
  /** Leaves in the memory what has not come to its end. */
  stop(): Promise<void>
}

/**
 * Works on the replays of a memory, one after the other, in bounded steps: they only append to the endpoint's queue, so that
 * they neither wait for its delivery nor disturb it. Calls `onChange` after each step.
 */
export function runReplays(
  endpointId: string,
  memory: EndpointMemory,
  onChange: () => void,
): RunningReplays {
  const scope = new CancellationScope()
  const ended = scope
    .run(async () => {
      for (;;) {
        await condition(() => memory.replays.length > 0)
        const [first, ...others] = memory.replays
        // A version that knew no replays has passed them over here: so does a repetition of its history.
        if (first === undefined || !patched(operationsPatch)) memory.replays = others
        else await takeStep(endpointId, memory, first)
        onChange()
      }
    })
    // Nothing else ends it: the main loop hears of a cancellation by itself.
    .catch(() => undefined)
  return {
    async stop() {
      scope.cancel()
      await ended
    },
  }
}

async function takeStep(
  endpointId: string,
  memory: EndpointMemory,
  { selection, after = 0 }: WaitingReplay,
): Promise<void> {
  const { replayMessages } = briefActivities<OperationsActivities>()
  memory.replays = memory.replays.with(0, { selection, after })
  try {
    const { messages, next } = await replayMessages({ endpointId, selection, after })
    memory.replayed = (memory.replayed ?? 0) + messages
    if (messages > 0) memory.woken = true
    if (next === undefined) memory.replays = memory.replays.slice(1)
    else memory.replays = memory.replays.with(0, { selection, after: next })
  } catch (error) {
    if (isCancellation(error)) throw error
    memory.replays = memory.replays.slice(1)
    memory.objection = `A replay has failed: ${failureReasonOf(error)}.`
  }
}
