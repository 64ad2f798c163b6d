import type { Progress } from './progress.ts'
import type { Decision } from './transaction-state.ts'

/** What the workflow waits for, as operators read it: what is there, what is missing, and when it ends. */
export function describeWaiting(progress: Progress | undefined, decision: Decision): string {
  if (progress === undefined) return 'Waits for the first message.'
  const parts = [describeImages(progress), ...describeMissing(progress), describeEnd(decision)]
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

function describeEnd(decision: Decision): string {
  switch (decision.kind) {
    case 'settled':
      return 'Nothing new came since the last revision.'
    case 'publish':
      return `Revision ${decision.revision} is being published.`
    case 'wait': {
      const time = new Date(decision.untilMs).toISOString()
      return decision.until === 'idle'
        ? `Ends at ${time} unless something comes before.`
        : `Ends at ${time}, when the window is over.`
    }
  }
}
