import type { Decision } from './decide.ts'
import type { Progress } from './progress.ts'
import type { PublicationFailure, TransactionState } from './transaction-state.ts'

/** What the Temporal UI shows of a transaction, as Markdown: what is there, what is missing, when it ends, what can be done. */
export function describeTransaction(state: TransactionState, decision: Decision): string {
  const { objection } = state
  return [
    describeWaiting(state, decision),
    ...(decision.kind === 'wait'
      ? ['`completeNow` publishes a summary of what is there; `extend` waits for longer.']
      : []),
    ...(objection === undefined ? [] : [objection]),
  ].join('\n\n')
}

/** What the workflow waits for: sentences. */
export function describeWaiting(state: TransactionState, decision: Decision): string {
  const { progress } = state
  if (progress === undefined) return 'Waits for the first message.'
  const parts = [
    describeImages(progress),
    ...describeMissing(progress),
    describeEnd(progress, state, decision),
  ]
  return parts.join(' ')
}

function describeImages({ images, completeImages, announced }: Progress): string {
  const total =
    announced > 0 ? `${Math.max(announced, images)} announced images` : `${images} images`
  return `${completeImages} of ${total} are complete.`
}

function describeMissing({ missing, missingSample, images, announced }: Progress): string[] {
  const unseen = Math.max(0, announced - images)
  const more = missing - missingSample.length
  return [
    ...(missing > 0
      ? [`Missing: ${missingSample.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`]
      : []),
    ...(unseen > 0 ? [`Nothing came yet of ${unseen} of the images.`] : []),
  ]
}

function describeEnd(progress: Progress, state: TransactionState, decision: Decision): string {
  switch (decision.kind) {
    case 'settled':
      return 'Nothing new came since the last revision.'
    case 'publish':
      return `Revision ${decision.revision} is being published.`
    case 'failed':
      return describeFailure(progress, state)
    case 'wait':
      return endings[decision.until](timeOf(decision.untilMs))
  }
}

const endings = {
  idle: (time: string) => `Ends at ${time} unless something comes before.`,
  window: (time: string) => `Ends at ${time}, when the window is over.`,
  extension: (time: string) => `Ends at ${time}, to when an operator has moved its end.`,
} as const

function describeFailure(progress: Progress, { failure }: TransactionState): string {
  if (failure === undefined) return ''
  const { tries, retryAtMs, sinceMs } = failure
  const times = tries === 1 ? 'once' : `${tries} times since ${timeOf(sinceMs)}`
  return (
    `Revision ${progress.revision + 1} could not be published, tried ${times}: ${reasonOf(failure)}. ` +
    `It is tried again at ${timeOf(retryAtMs)}, or when something comes; \`retryNow\` tries it at once.`
  )
}

function reasonOf({ code, message }: PublicationFailure): string {
  return `${code} (${message})`
}

/** A time for people and programs: RFC 3339. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
