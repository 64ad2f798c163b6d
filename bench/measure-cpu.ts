import { readCpuSeconds, type NamedProcess } from './cpu-by-process.ts'
import { findListener } from './find-listener.ts'
import { round } from './statistics.ts'

/** CPU that a piece of work costs, in ms, by process; `sum` is that of the processes that do nothing else. */
export type CpuByProcess = Readonly<Record<string, number>>

/** Measures the CPU that work costs for each of so many pieces. */
export type MeasureCpu = <T>(pieces: number, work: () => Promise<T>) => Promise<[T, CpuByProcess]>

/** Creates a meter of these processes; `summed` are the names of those that the sum holds. */
export function createCpuMeter(
  processes: readonly NamedProcess[],
  summed: readonly string[],
): MeasureCpu {
  return async (pieces, work) => {
    const before = await readCpuSeconds(processes)
    const result = await work()
    const after = await readCpuSeconds(processes)
    const cpu = Object.fromEntries(
      [...after].map(([name, seconds]) => {
        return [name, round(((seconds - (before.get(name) ?? 0)) * 1_000) / pieces)]
      }),
    )
    const sum = summed.reduce((total, name) => total + (cpu[name] ?? 0), 0)
    return [result, { ...cpu, sum: round(sum) }]
  }
}

/** The servers that the environment names, where they run on this machine. */
export async function findServers(): Promise<NamedProcess[]> {
  const ports = {
    postgres: new URL(process.env['POSTGRES_URL'] ?? '').port,
    temporal: process.env['TEMPORAL_ADDRESS']?.split(':').at(-1),
    kafka: process.env['KAFKA_BROKERS']?.split(',')[0]?.split(':').at(-1),
  }
  const processes: NamedProcess[] = []
  for (const [name, port] of Object.entries(ports)) {
    const pid = await findListener(Number(port))
    if (pid !== undefined) processes.push({ name, pid })
  }
  return processes
}

/** For tables. */
export function cpuText(cpuMs: CpuByProcess): string {
  return Object.entries(cpuMs)
    .map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
    .join(', ')
}
