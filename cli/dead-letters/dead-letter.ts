import type { IncomingRecord } from '../../lib/kafka/incoming-record.ts'

/** A record that was put aside, and why. */
export interface DeadLetter {
  readonly clientId: string
  /** Who put it aside: a consumer group. */
  readonly group: string
  readonly reason: string
  readonly detail: string
  /** Where it was read. */
  readonly topic: string
  readonly partition: number
  /** When it was put aside, in ms since the epoch. */
  readonly at: number
  readonly value: Uint8Array
}

/** Which of them are meant. */
export interface DeadLetterSelection {
  readonly clientId: string
  readonly reason?: string
  /** Put aside since then: ms since the epoch. */
  readonly since?: number
}

/** Reads a record of the dead-letter topic; `undefined` for one that does not say where it came from. */
export function readDeadLetter(record: IncomingRecord): DeadLetter | undefined {
  const text = (name: string) => record.headers[name]?.toString() ?? ''
  const partition = Number.parseInt(text('partition'), 10)
  if (text('topic') === '' || Number.isNaN(partition)) return undefined
  return {
    clientId: record.key,
    group: text('group'),
    reason: text('reason-code'),
    detail: text('reason-detail'),
    topic: text('topic'),
    partition,
    at: record.timestamp,
    value: record.value,
  }
}

/** Whether it is one of those that are meant. */
export function isSelected(
  letter: DeadLetter,
  { clientId, reason = letter.reason, since = 0 }: DeadLetterSelection,
): boolean {
  return letter.clientId === clientId && letter.reason === reason && letter.at >= since
}
