import { formatTable } from '../terminal.ts'
import { count, formatWhen, printable } from './format-when.ts'
import type { ShownTransaction } from './show-transaction.ts'
import type { TransactionReport } from './transaction-report.ts'

const columns = ['transaction', 'state', 'revision', 'images', 'missing', 'since', 'ends', 'waits']

/** Transactions as a table. */
export function transactionTable(transactions: readonly TransactionReport[]): string {
  return formatTable([
    columns,
    ...transactions.map((one) => [
      one.transactionId,
      one.state,
      String(one.revision),
      imagesOf(one),
      String(one.missing),
      one.since,
      one.endsAt ?? '',
      printable(one.failure === null ? (one.waitsFor ?? '') : one.failure.code),
    ]),
  ])
}

/** How a transaction stands, who and what is in it, and what an operator can do. `now` is in ms since the epoch. */
export function describeTransaction(transaction: ShownTransaction, now: number): string[] {
  const { transactionId, clientId, state, since, changedAt, people, texts, agreements } =
    transaction
  return [
    `${transactionId} of ${clientId}: ${state}`,
    `Its first image came at ${formatWhen(since, now)}, the last message at ${formatWhen(changedAt, now)}.`,
    ...describeRevision(transaction, now),
    ...describeWait(transaction),
    ...section('missing', missingRows(transaction)),
    ...section('people', peopleRows(people ?? [])),
    ...section(
      'texts',
      (texts ?? []).map(({ imageId, text }) => [imageId, printable(text).slice(0, maxTextLength)]),
    ),
    ...section('read alike in several images', agreementRows(agreements ?? [])),
    ...advice(transaction).map(([command, what]) => `  ./racc ${command}  ${what}`),
  ]
}

/** A line of a terminal; `--json` has all of it. */
const maxTextLength = 100
/** What a terminal shows; `--json` has all of it. */
const maxRows = 20

function imagesOf({ images, completeImages, announced }: TransactionReport): string {
  return `${completeImages}/${Math.max(images, announced ?? 0)}`
}

function describeRevision(transaction: ShownTransaction, now: number): string[] {
  const { revision, decidedAt } = transaction
  const complete = `${imagesOf(transaction)} images are complete.`
  if (decidedAt === null) return [`There is no summary yet. ${complete}`]
  return [
    `Revision ${revision} of its summary was decided at ${formatWhen(decidedAt, now)}. ${complete}`,
  ]
}

function describeWait({ waitsFor, workflow, state }: ShownTransaction): string[] {
  if (waitsFor === null || state === 'complete' || state === 'partial') return []
  return [
    printable(waitsFor),
    ...(workflow in notes ? [notes[workflow as keyof typeof notes]] : []),
  ]
}

const notes = {
  none: 'No workflow waits for it: none has begun, or somebody has ended it.',
  silent: 'No summary process answers for its workflow: this is what the journal says.',
  unreachable: 'Temporal does not answer: this is what the journal says.',
} as const

function missingRows({ missingMessages }: ShownTransaction): string[][] {
  return missingMessages.map(({ imageId, service, version }) => [imageId, service, version])
}

function peopleRows(people: NonNullable<ShownTransaction['people']>): string[][] {
  return people.map(({ personId, faces }) => [
    personId,
    count(faces.length, 'face'),
    faces.map(({ imageId, index }) => `${imageId.slice(0, 8)}…/${index}`).join(' '),
  ])
}

function agreementRows(agreements: NonNullable<ShownTransaction['agreements']>): string[][] {
  return agreements.map(({ text, score, occurrences }) => [
    printable(text).slice(0, maxTextLength),
    score.toFixed(2),
    occurrences.map(({ imageId, line }) => `${imageId.slice(0, 8)}…/${line}`).join(' '),
  ])
}

function section(title: string, rows: readonly string[][]): string[] {
  if (rows.length === 0) return []
  const more = rows.length - maxRows
  return [
    '',
    `${title}:`,
    formatTable(rows.slice(0, maxRows).map((row) => ['', ...row])),
    ...(more > 0 ? [`  and ${more} more: see --json`] : []),
    '',
  ]
}

function advice(transaction: ShownTransaction): [command: string, what: string][] {
  const { clientId, transactionId, state } = transaction
  const which = `${clientId} ${transactionId}`
  const complete: [string, string] = [
    `transactions complete ${which}`,
    'publishes a summary of what is there',
  ]
  switch (state) {
    case 'open':
      return [complete, [`transactions extend ${which} --by 2h`, 'waits for longer']]
    case 'failed':
      return [[`transactions retry ${which}`, 'tries now to publish its summary']]
    case 'complete':
    case 'partial':
      return [
        [
          `deliveries list ${clientId} --correlation ${transactionId}`,
          'says where its messages are',
        ],
      ]
  }
}
