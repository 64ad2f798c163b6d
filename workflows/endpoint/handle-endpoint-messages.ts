import { setHandler } from '@temporalio/workflow'
import {
  disableSignal,
  enableSignal,
  pauseSignal,
  replaySignal,
  resumeSignal,
  retryNowSignal,
  statusQuery,
  wakeUpSignal,
} from '../messages.ts'
import { applyEnable, applyReplay, statusOf, type EndpointMemory } from './endpoint-memory.ts'

/**
 * Lets operators and push reach an endpoint's workflow. Handlers only note what was asked, and call `onChange`: a handler
 * that throws would fail the workflow.
 */
export function handleEndpointMessages(memory: EndpointMemory, onChange: () => void): void {
  const handle = (
    signal: typeof replaySignal | typeof wakeUpSignal,
    description: string,
    note: (request?: unknown) => void,
  ) =>
    setHandler(
      signal,
      (request?: unknown) => {
        note(request)
        onChange()
      },
      { description },
    )
  handle(wakeUpSignal, 'Look at the journal: something was appended.', () => {
    memory.woken = true
  })
  handle(pauseSignal, 'Stop sending until `resume`; what comes is kept. No input.', () => {
    memory.paused = true
  })
  handle(resumeSignal, 'Send again after `pause`. No input.', () => {
    memory.paused = false
  })
  handle(retryNowSignal, 'End the current back-off and try at once. No input.', () => {
    memory.retryNow = true
  })
  handle(disableSignal, 'Stop sending until `enable`; what comes is kept. No input.', () => {
    memory.disabled = true
  })
  handle(enableSignal, 'Send again after 410 or `disable`, also what was kept. No input.', () =>
    applyEnable(memory),
  )
  handle(replaySignal, replayDescription, (request) => applyReplay(memory, request))
  setHandler(statusQuery, () => statusOf(memory), {
    description: 'Where the endpoint stands, and when its next try comes.',
  })
}

const replayDescription =
  'Send messages once more, with their ids. Input: {"since": "2026-11-24T06:00:00Z"} for all since then, delivered or not; ' +
  '{"ids": ["…"]} for these; both for both; none for what is dead.'
