import { alignRows, type Row } from '../align-rows.ts'
import { cpuText } from '../measure-cpu.ts'
import type { Latency } from '../statistics.ts'
import type { Baseline } from './measure-baseline.ts'
import type { Delay } from './measure-delay.ts'
import type { OpenStep, OpenWindows } from './measure-open.ts'
import type { Sizes } from './measure-sizes.ts'
import type { Throughput } from './measure-throughput.ts'

/** Everything that was measured. */
export interface SummaryFigures {
  baseline?: Baseline
  throughput?: readonly Throughput[]
  delay?: Delay
  open?: OpenWindows
}

/** The figures for people: a row each, the names in a column. */
export function toTable({ baseline, throughput = [], delay, open }: SummaryFigures): string {
  return alignRows([
    ...(baseline === undefined ? [] : [baselineRow(baseline)]),
    ...throughput.flatMap((each) => throughputRows(each, baseline)),
    ...(delay === undefined ? [] : [delayRow(`delay at ${delay.perSecond}/s`, delay)]),
    ...(open === undefined ? [] : openRows(open)),
  ])
}

function baselineRow({ perSecond, cpuMs }: Baseline): Row {
  return ['bare workflows', `${perSecond.toFixed(1)}/s; ms of CPU each: ${cpuText(cpuMs)}`]
}

function throughputRows(throughput: Throughput, baseline: Baseline | undefined): Row[] {
  const { pieces, perSecond, rounds, cpuMs, events } = throughput
  const all = rounds.map((round) => round.toFixed(1)).join(', ')
  const share =
    baseline === undefined
      ? ''
      : `, ${(perSecond / baseline.perSecond).toFixed(2)} of the bare ones`
  const byType = Object.entries(events.byType).map(([type, count]) => `${type} ${count}`)
  return [
    [
      `transactions in ${pieces === 1 ? 'one piece' : `${pieces} pieces`}`,
      `${perSecond.toFixed(1)}/s${share} (rounds: ${all}); ms of CPU each: ${cpuText(cpuMs)}`,
    ],
    ['', `${events.perTransaction} events each: ${byType.join(', ')}`],
  ]
}

function delayRow(what: string, { delayMs, cpuMs }: Delay): Row {
  return [what, `p50, p95, p99: ${latencyText(delayMs)} ms; ms of CPU each: ${cpuText(cpuMs)}`]
}

function openRows({ open, before, steps, delayBefore, delayAfter }: OpenWindows): Row[] {
  return [
    ['open: 0', sizesText(before)],
    ...steps.map(stepRow),
    delayRow('delay beside none', delayBefore),
    delayRow(`delay beside ${open}`, delayAfter),
  ]
}

function stepRow({ open, perSecond, cpuMs, sizes }: OpenStep): Row {
  const figures = `${perSecond.toFixed(1)}/s; ms of CPU each: ${cpuText(cpuMs)}`
  return [`open: ${open}`, `${sizesText(sizes)}; opened ${figures}`]
}

function sizesText(sizes: Sizes): string {
  const { summaryResident, summaryHeap, temporalResident, temporalDatabase, journal } = sizes
  const mib = (size: number) => `${size.toFixed(0)} MiB`
  return [
    `summary ${mib(summaryResident)} (heap ${mib(summaryHeap)})`,
    `Temporal ${mib(temporalResident)}, its database ${mib(temporalDatabase)}`,
    `journal ${mib(journal)}`,
  ].join('; ')
}

function latencyText({ p50, p95, p99 }: Latency): string {
  return [p50, p95, p99].map((ms) => ms.toFixed(0)).join(', ')
}
