import { formatTable } from '../terminal.ts'
import type { DeliveryReport } from './delivery-report.ts'
import { count, formatWhen, printable } from './format-when.ts'
import type { AttemptReport, LoggedDeliveryReport } from './show-delivery.ts'

const columns = ['id', 'type', 'correlation', 'state', 'attempts', 'last', 'created', 'next']

/** Messages as a table. */
export function deliveryTable(deliveries: readonly DeliveryReport[]): string {
  return formatTable([
    columns,
    ...deliveries.map((one) => [
      one.id,
      one.type,
      one.correlationId,
      one.state,
      String(one.attempts),
      lastOf(one),
      one.createdAt,
      one.nextAttemptAt ?? '',
    ]),
  ])
}

/** How a message stands, its attempts, and what an operator can do. `now` is in ms since the epoch. */
export function describeDelivery(delivery: LoggedDeliveryReport, now: number): string[] {
  const { id, type, correlationId, clientId, host, createdAt, log } = delivery
  return [
    `${id}: ${delivery.state}`,
    `${type} of transaction ${correlationId}, for ${clientId} at ${host}, from ${formatWhen(createdAt, now)}`,
    describeState(delivery, now),
    ...(log.length === 0 ? [] : ['', attemptTable(log), '']),
    ...advice(delivery).map(([command, what]) => `  ./racc ${command}  ${what}`),
  ]
}

function describeState(delivery: LoggedDeliveryReport, now: number): string {
  const { state, attempts, reason, held, nextAttemptAt } = delivery
  const tried = `It was tried ${count(attempts, 'time')}${attempts === 0 ? '' : `, the last time with ${lastOf(delivery)}`}.`
  const next =
    nextAttemptAt === null ? '' : ` The next try comes at ${formatWhen(nextAttemptAt, now)}.`
  switch (state) {
    case 'pending':
      return `It waits in the queue of its endpoint. ${tried}${next}`
    case 'retrying':
      return `Its endpoint has refused it; it is retried by itself. ${tried}${next}${held === null ? '' : ` Nothing is sent to it meanwhile: its endpoint is ${held}.`}`
    case 'delivered':
      return `It was delivered. ${tried}`
    case 'dead':
      return `It was given up${reason === null ? '' : ` (${printable(reason)})`} and is kept. ${tried}`
    case 'dropped':
      return `An operator has dropped it${reason === null ? '' : `: ${printable(reason)}`}. ${tried}`
    case 'expired':
      return `It was kept for as long as messages are kept and never delivered; its body is gone. ${tried}`
  }
}

function attemptTable(log: readonly AttemptReport[]): string {
  return formatTable([
    ['attempt', 'at', 'answer', 'ms', 'address', 'said'],
    ...log.map(({ number, at, status, error, durationMs, address, answer }) => [
      String(number),
      at,
      status === null ? printable(error ?? '') : String(status),
      String(durationMs),
      address ?? '',
      printable(answer ?? ''),
    ]),
  ])
}

function lastOf({ lastStatus, lastError }: DeliveryReport): string {
  return lastStatus === null ? printable(lastError ?? '') : String(lastStatus)
}

function advice({ id, clientId, state }: LoggedDeliveryReport): [command: string, what: string][] {
  const show: [string, string] = [`endpoint show ${clientId}`, 'says how its endpoint stands']
  const drop: [string, string] = [`deliveries drop ${id} --reason '…'`, 'gives it up for good']
  switch (state) {
    case 'pending':
      return [show, [`deliveries retry ${id}`, 'ends the back-off of its endpoint']]
    case 'retrying':
      return [[`deliveries retry ${id}`, 'tries it now'], drop, show]
    case 'dead':
      return [[`deliveries retry ${id}`, 'puts it into the queue once more'], drop, show]
    case 'delivered':
    case 'dropped':
      return [[`deliveries retry ${id}`, 'sends it once more, with the same id']]
    case 'expired':
      return []
  }
}
