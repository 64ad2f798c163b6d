import type { ActionReport } from './act-on-endpoint.ts'
import type { EndpointReport } from './endpoint-report.ts'
import type { KeyTrouble } from './find-key-trouble.ts'
import { count, formatWhen, printable } from './format-when.ts'
import type { EndpointReports } from './show-endpoint.ts'

/** What is going on with a client's endpoints, and what an operator can do: sentences. `now` is in ms since the epoch. */
export function describeEndpoints(reports: EndpointReports, now: number): string[] {
  const { older, keyTrouble, ...newest } = reports
  const lines = [...describeKeyTrouble(newest, keyTrouble), ...describeEndpoint(newest, now)]
  if (older.length === 0) return lines
  const one = (report: EndpointReport) => [
    '',
    ...describeEndpoint(report, now).map((line) => `  ${line}`),
  ]
  return [
    ...lines,
    '',
    `${count(older.length, 'older endpoint')}, from before the URL changed (actions go to all; --endpoint ID means one):`,
    ...older.flatMap(one),
  ]
}

function describeKeyTrouble({ clientId }: EndpointReport, trouble: KeyTrouble | null): string[] {
  if (trouble === null) return []
  return [
    `${capitalised(trouble.message)}.`,
    'Until that is repaired, nothing of it is delivered, and what comes for it is put aside: see docs/operations/keys.md.',
    `  ./racc dead-letters list ${clientId} --reason ${trouble.code}  counts what was put aside`,
    `  ./racc dead-letters replay ${clientId} --reason ${trouble.code}  has it handled when the key is back`,
    '',
  ]
}

/** The same after an action. */
export function describeAction(report: ActionReport, now: number): string[] {
  return [
    ...(report.taken
      ? []
      : ['It was asked for, and is not done yet: it is as soon as a push process gets to it.', '']),
    ...describeEndpoints(report, now),
  ]
}

function describeEndpoint(report: EndpointReport, now: number): string[] {
  return [
    `${report.clientId} → ${report.host}: ${report.state} (endpoint ${report.endpointId})`,
    ...describeWorkflow(report),
    describeState(report, now),
    describeCounts(report),
    ...advice(report),
  ]
}

function describeWorkflow({ workflow, backlog }: EndpointReport): string[] {
  switch (workflow) {
    case 'answers':
      return []
    case 'silent':
      return ['No push process answers for it, this is what was noted last: see ./racc status.']
    case 'unreachable':
      return [
        'Temporal does not answer, this is what was noted last. What is under way goes on; nothing else begins.',
      ]
    case 'none':
      return backlog === 0
        ? []
        : [
            'Messages wait, and its workflow does not run: push starts it within seconds, if it is up.',
          ]
  }
}

function describeState(report: EndpointReport, now: number): string {
  const { state, backlog, inFlight, lastStatus, nextAttemptAt, failures } = report
  switch (state) {
    case 'idle':
      return backlog === 0 ? 'Nothing is left to deliver.' : 'Nobody delivers at the moment.'
    case 'delivering':
      return failures === 0
        ? `It is being delivered to, with ${count(inFlight, 'request')} under way.`
        : `It is sent to again, at first with one message. Before, ${describeFailures(report)}`
    case 'backing-off':
      return `${capitalised(describeFailures(report))} It is tried again at ${nextAttemptAt === null ? 'a time that is not known' : formatWhen(nextAttemptAt, now)}, with one message.`
    case 'paused':
      return 'An operator has paused it: nothing is sent, everything is kept.'
    case 'disabled':
      return lastStatus === 410
        ? 'It has answered 410, which means that it wants nothing more: nothing is sent, everything is kept.'
        : 'An operator has disabled it: nothing is sent, everything is kept.'
  }
}

function describeFailures({ failures, lastError, lastStatus }: EndpointReport): string {
  const last = lastStatus === null ? (lastError ?? 'unknown') : `status ${lastStatus}`
  return failures === 1
    ? `it has failed once: ${printable(last)}.`
    : `it has failed ${failures} times in a row, the last time with ${printable(last)}.`
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

function describeCounts({ backlog, retrying, dead }: EndpointReport): string {
  const parts = [
    ...(backlog === 0 ? [] : [`${count(backlog, 'message')} in its queue`]),
    ...(retrying === 0 ? [] : [`${retrying} refused and retried one by one`]),
    ...(dead === 0 ? [] : [`${dead} dead`]),
  ]
  return parts.length === 0
    ? 'Nothing waits, nothing is retried, nothing is dead.'
    : `${parts.join(', ')}.`
}

/** The commands that make sense now. */
function advice({ clientId, state, retrying, dead, backlog, workflow }: EndpointReport): string[] {
  const isForgotten = state === 'idle' && backlog > 0 && workflow === 'none'
  const commands: [applies: boolean, command: string, what: string][] = [
    [state === 'backing-off', `endpoint retry ${clientId}`, 'tries it now'],
    [isForgotten, `endpoint retry ${clientId}`, 'starts the delivery'],
    [state === 'paused', `endpoint resume ${clientId}`, 'sends again'],
    [state === 'disabled', `endpoint enable ${clientId}`, 'sends again, also what was kept'],
    [backlog > 0, `deliveries list ${clientId} --state pending`, 'shows what waits'],
    [retrying > 0, `deliveries list ${clientId} --state retrying`, 'shows what was refused'],
    [dead > 0, `deliveries list ${clientId} --state dead`, 'shows what was given up'],
    [dead > 0, `endpoint replay ${clientId}`, 'sends that once more'],
  ]
  return commands.flatMap(([applies, command, what]) =>
    applies ? [`  ./racc ${command}  ${what}`] : [],
  )
}
