import { alignRows, type Row } from '../align-rows.ts'
import { cpuText } from '../measure-cpu.ts'
import type { Latency } from '../statistics.ts'
import type { Appending } from './measure-append.ts'
import type { CatchUp } from './measure-catch-up.ts'
import type { IdleStreams } from './measure-idle.ts'
import type { IdleLatency } from './measure-latency.ts'
import type { Reading, SingleReading } from './measure-reading.ts'

/** Everything that was measured. */
export interface FirehoseFigures {
  single?: SingleReading
  many?: Reading
  catchUp?: CatchUp
  append?: Appending
  latency?: IdleLatency
  idle?: IdleStreams
}

/** The figures for people: a row each, the names in a column. */
export function toTable(figures: FirehoseFigures): string {
  const { single, many, catchUp, append, latency, idle } = figures
  return alignRows([
    ...(single === undefined ? [] : singleRows(single)),
    ...(many === undefined ? [] : [readingRow(many)]),
    ...(catchUp === undefined ? [] : catchUpRows(catchUp)),
    ...(append === undefined ? [] : appendRows(append)),
    ...(latency === undefined ? [] : latencyRows(latency)),
    ...(idle === undefined ? [] : idleRows(idle)),
  ])
}

function singleRows({ readings, copy }: SingleReading): Row[] {
  const name = copy.by === 'psql' ? 'psql \\copy' : 'COPY by pg: there is no psql'
  return [...readings.map(readingRow), [name, perSecondText(copy.perSecond, copy.rounds)]]
}

function readingRow({ name, perSecond, rounds, cpuMs }: Reading): Row {
  return [name, `${perSecondText(perSecond, rounds)}; ms of CPU each: ${preciseCpuText(cpuMs)}`]
}

function perSecondText(perSecond: number, rounds: readonly number[]): string {
  return `${perSecond.toFixed(0)}/s (rounds: ${rounds.map((each) => each.toFixed(0)).join(', ')})`
}

function catchUpRows({ messages, seconds, perSecond, cpuMs, residentMiB }: CatchUp): Row[] {
  const { before, after } = residentMiB
  return [
    [`catch-up of ${messages}`, `${seconds.toFixed(1)} s, ${perSecond.toFixed(0)}/s`],
    [
      '',
      `stream ${before.toFixed(0)} MiB before, ${after.toFixed(0)} MiB after; ms of CPU each: ${preciseCpuText(cpuMs)}`,
    ],
  ]
}

function appendRows({ directPerSecond, filler }: Appending): Row[] {
  return [
    ['append of 500 at a time', `${directPerSecond.toFixed(0)}/s`],
    [
      `filler, ${filler.clients} clients`,
      `${filler.perSecond.toFixed(0)}/s; ms of CPU each: ${preciseCpuText(filler.cpuMs)}`,
    ],
  ]
}

function latencyRows({ fromAppendMs, fromCommitMs }: IdleLatency): Row[] {
  const times = ({ p50, p95, p99 }: Latency) =>
    `p50, p95, p99: ${[p50, p95, p99].map((ms) => ms.toFixed(1)).join(', ')} ms`
  return [
    ['from append to arrival', times(fromAppendMs)],
    ['from commit to arrival', times(fromCommitMs)],
  ]
}

function idleRows({ streams, residentMiB, kibPerStream, cpuPercent }: IdleStreams): Row[] {
  const { before, after } = residentMiB
  const memory = `${before.toFixed(0)} MiB before, ${after.toFixed(0)} MiB after, ${kibPerStream.toFixed(1)} KiB each`
  return [[`${streams} idle streams`, `${memory}; % of a core: ${cpuText(cpuPercent)}`]]
}

/** Messages cost hundredths of a ms, and less. */
function preciseCpuText(cpuMs: Readonly<Record<string, number>>): string {
  return Object.entries(cpuMs)
    .map(([name, ms]) => `${name} ${ms.toFixed(3)}`)
    .join(', ')
}
