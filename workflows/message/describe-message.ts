import { maxTries, type MessageMemory } from './message-memory.ts'

/** What the Temporal UI shows of a message, as Markdown: never a URL or what the message says. */
export function describeMessage(host: string, memory: MessageMemory): string {
  switch (memory.state) {
    case 'retrying':
      return [
        `**Retrying**: ${host} has not taken the message. ${describeLast(memory)}`,
        describeNextTry(memory),
      ].join('\n\n')
    case 'dead':
      return [
        `**Dead**: ${host} has not taken the message, and its schedule is over. ${describeLast(memory)}`,
        ...describeHold(memory),
        'It stays in the journal until that forgets it: `retryNow` tries it once more, `drop` gives it up for good.',
      ].join('\n\n')
    case 'delivered':
      return `**Delivered** to ${host}, after ${memory.tries} tries that it did not take.`
    case 'dropped':
      return `**Dropped** by an operator: it is not sent to ${host} any more.`
    case 'over':
      return '**Over**: the journal has it neither as retrying nor as dead any more. It was replayed, or has expired.'
  }
}

function describeLast({ tries, lastError }: MessageMemory): string {
  const last = lastError === undefined ? '' : ` The last answer was ${lastError}.`
  return `This workflow has tried it ${tries} times.${last}`
}

function describeNextTry(memory: MessageMemory): string {
  const next = `Try ${memory.tries + 1} of ${maxTries} comes at ${new Date(memory.dueAtMs).toISOString()}; \`retryNow\` makes it at once, \`drop\` gives the message up.`
  return [...describeHold(memory), next].join(' ')
}

function describeHold({ held }: MessageMemory): string[] {
  return held === undefined
    ? []
    : [`Nothing was sent the last time, which does not count: its endpoint is ${held}.`]
}
