/** Percentiles of a latency, in ms. */
export interface Latency {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** Of any number of values, in ms, in any order; 0 where there are none. */
export function latencyOf(values: readonly number[]): Latency {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (part: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** The upper one of two in the middle; 0 where there are none. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}

/** To three decimals. */
export function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
