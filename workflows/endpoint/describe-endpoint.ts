import type { EndpointMemory } from './endpoint-memory.ts'

/** What the Temporal UI shows of an endpoint, as Markdown: never its URL or its secret. */
export function describeEndpoint(host: string, memory: EndpointMemory): string {
  return [
    describeState(host, memory),
    describeCounts(memory),
    ...describeReplays(memory),
    ...(memory.exhausted === undefined
      ? []
      : [
          `${memory.exhausted} messages are dead: they had waited for longer than the whole schedule. \`replay\` sends them again.`,
        ]),
    ...(memory.objection === undefined ? [] : [memory.objection]),
  ].join('\n\n')
}

function describeState(host: string, memory: EndpointMemory): string {
  switch (memory.shown) {
    case 'idle':
      return `**Idle**: nothing is left for ${host}. The next message starts the delivery again.`
    case 'delivering':
      return memory.failures === 0
        ? `**Delivers** webhooks to ${host}.`
        : `**Delivers** webhooks to ${host} again, the first of them alone. ${describeFailures(memory)}`
    case 'backing-off':
      return `**Backs off** from ${host}. ${describeFailures(memory)} ${describeNextTry(memory)}`
    case 'paused':
      return `**Paused** by an operator: nothing is sent to ${host}, and everything is kept, until \`resume\`.`
    case 'disabled':
      return `**Disabled**, ${memory.lastStatus === 410 ? 'since the endpoint answered 410' : 'by an operator'}: nothing is sent to ${host}, and everything is kept, until \`enable\`.`
  }
}

function describeFailures({ failures, lastError = 'unknown' }: EndpointMemory): string {
  return failures === 1
    ? `It has failed with ${lastError}.`
    : `It has failed ${failures} times in a row, the last time with ${lastError}.`
}

function describeNextTry({ resumeAtMs }: EndpointMemory): string {
  if (resumeAtMs === undefined) return ''
  return `The next try comes at ${new Date(resumeAtMs).toISOString()}, with one message; \`retryNow\` makes it at once.`
}

function describeCounts({ delivered, refused }: EndpointMemory): string {
  const refusals =
    refused === 0 ? '' : ` ${refused} were refused; each of these has a workflow of its own.`
  return `${delivered} messages were delivered since this workflow started.${refusals}`
}

function describeReplays({ replays, replayed = 0 }: EndpointMemory): string[] {
  if (replays.length > 0)
    return [
      `A **replay** is under way: ${replayed} messages were put into the queue once more so far.`,
    ]
  return replayed === 0 ? [] : [`Replays have put ${replayed} messages into the queue once more.`]
}
