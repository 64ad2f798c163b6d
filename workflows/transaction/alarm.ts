import { condition, sleep } from '@temporalio/workflow'

/** Waits for times that often move. */
export interface Alarm {
  /**
   * Resolves when `isInterrupted` or when a time that was asked for has come: this one or, where it has moved since, an
   * earlier one. So look at the clock again afterwards. Rejects when the workflow is cancelled.
   */
  wait(untilMs: number, isInterrupted: () => boolean): Promise<void>
}

/**
 * Creates an alarm. It keeps one timer and lets it ring when the time has moved to later: a timer for each move would be
 * two events of history each.
 */
export function createAlarm(): Alarm {
  let armedForMs = Infinity
  return {
    async wait(untilMs, isInterrupted) {
      if (untilMs < armedForMs) {
        armedForMs = untilMs
        void sleep(Math.max(1, untilMs - Date.now())).then(
          () => {
            if (armedForMs === untilMs) armedForMs = Infinity
          },
          // Cancelled: the condition below says so.
          () => undefined,
        )
      }
      await condition(() => isInterrupted() || armedForMs === Infinity)
    },
  }
}
