import os from 'node:os'
import { round } from './statistics.ts'

/** The machine, and how busy it was in the last minute: work of others makes every figure worse. Ask before anything is started. */
export function readMachine(): { readonly cores: number; readonly loadBefore: number } {
  return { cores: os.availableParallelism(), loadBefore: round(os.loadavg()[0] ?? 0) }
}

/** The parts that `--only` names. Throws for one that there is not. */
export function chooseParts(parts: readonly string[], only: string): ReadonlySet<string> {
  const wanted = new Set(only.split(','))
  for (const name of wanted) {
    if (!parts.some((part) => part === name))
      throw new Error(`--only ${name}: one of ${parts.join()}`)
  }
  return wanted
}

/** Says how far a bench is, with the seconds since its start. */
export function report(line: string): void {
  process.stderr.write(`${(performance.now() / 1_000).toFixed(0).padStart(4)} s  ${line}\n`)
}
