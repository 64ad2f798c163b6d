import { cpuText } from '../measure-cpu.ts'
import { alignRows, type Row } from '../align-rows.ts'
import type { BackOffMemory } from './measure-back-off.ts'
import type { BareJournal } from './measure-bare-journal.ts'
import type { Drain } from './measure-drain.ts'
import type { EventCount } from './measure-events.ts'
import type { Fairness } from './measure-fairness.ts'
import type { SteadyLatency } from './measure-latency.ts'
import type { Throughput } from './measure-throughput.ts'

/** Everything that was measured. */
export interface PushFigures {
  barePostsPerSecond?: number
  bareJournal?: BareJournal
  throughput?: readonly Throughput[]
  latency?: readonly SteadyLatency[]
  drain?: Drain
  events?: EventCount
  backOff?: BackOffMemory
  fairness?: Fairness
}

/** The figures for people: a row each, the names in a column. */
export function toTable(figures: PushFigures): string {
  const rows = [
    ...bareRows(figures),
    ...(figures.throughput ?? []).map(throughputRow),
    ...(figures.latency ?? []).map(latencyRow),
    ...(figures.drain === undefined ? [] : drainRows(figures.drain)),
    ...otherRows(figures),
  ]
  return alignRows(rows)
}

function bareRows({ barePostsPerSecond, bareJournal }: PushFigures): Row[] {
  const rows: Row[] = []
  if (barePostsPerSecond !== undefined)
    rows.push(['bare signed POSTs', `${barePostsPerSecond.toFixed(0)}/s`])
  if (bareJournal !== undefined) {
    const { perSecond, postgresMs = 0 } = bareJournal
    const figure = `${perSecond.toFixed(0)}/s, ${postgresMs} ms of CPU of PostgreSQL each`
    rows.push(['bare journal', figure])
  }
  return rows
}

function throughputRow({ endpoints, perSecond, rounds, cpuMs }: Throughput): Row {
  const all = rounds.map((round) => round.toFixed(0)).join(', ')
  return [
    `deliveries to ${endpoints}`,
    `${perSecond.toFixed(0)}/s (rounds: ${all}); ms of CPU each: ${cpuText(cpuMs)}`,
  ]
}

function latencyRow({ endpoints, rate, latencyMs: { p50, p95, p99 }, cpuMs }: SteadyLatency): Row {
  const times = [p50, p95, p99].map((ms) => ms.toFixed(1)).join(', ')
  return [
    `latency at ${rate}/s to ${endpoints}`,
    `p50, p95, p99: ${times} ms; ms of CPU each: ${cpuText(cpuMs)}`,
  ]
}

function drainRows(drain: Drain): Row[] {
  const { messages, seconds, perSecond, firstMs, copies, cpuMs, residentMiB } = drain
  return [
    [
      `backlog of ${messages}`,
      `${perSecond.toFixed(0)}/s, ${seconds.toFixed(1)} s, the first after ${firstMs.toFixed(0)} ms, ${copies} copies`,
    ],
    [
      '',
      `push ${residentMiB.before.toFixed(0)} MiB before, ${residentMiB.peak.toFixed(0)} MiB at most; ms of CPU each: ${cpuText(cpuMs)}`,
    ],
    ['journalled in an outage', `${drain.journalledPerSecond.toFixed(0)}/s`],
  ]
}

function otherRows({ events, backOff, fairness }: PushFigures): Row[] {
  const rows: Row[] = []
  if (events !== undefined) {
    const { perThousandDeliveries, perWakeUp } = events
    rows.push([
      'Temporal events',
      `${perThousandDeliveries} per 1,000 deliveries, ${perWakeUp} per wake-up`,
    ])
  }
  if (backOff !== undefined) {
    const { endpoints, residentMiB, heapMiB } = backOff
    const figure = `push ${residentMiB.before.toFixed(0)} MiB before, ${residentMiB.after.toFixed(0)} MiB after; heap ${heapMiB.before.toFixed(0)} and ${heapMiB.after.toFixed(0)} MiB`
    rows.push([`${endpoints} in back-off`, figure])
  }
  if (fairness !== undefined) rows.push(...fairnessRows(fairness))
  return rows
}

function fairnessRows(fairness: Fairness): Row[] {
  const { healthy, bad, aloneP95, besideHealthyP95, onsetP95, besideBadP95 } = fairness
  const ratios = `ratio ${fairness.ratio.toFixed(2)}, to alone ${fairness.ratioToAlone.toFixed(2)}`
  return [
    [`${healthy} healthy endpoints alone`, `p95 ${aloneP95.toFixed(1)} ms`],
    [`beside ${bad} bad ones`, `p95 ${besideBadP95.toFixed(1)} ms, ${ratios}`],
    ['as those begin to fail', `p95 ${onsetP95.toFixed(1)} ms`],
    [`beside ${healthy} healthy ones`, `p95 ${besideHealthyP95.toFixed(1)} ms`],
  ]
}
