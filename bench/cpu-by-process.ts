import { readFile, readdir } from 'node:fs/promises'

/** Linux counts CPU time in ticks of 10 ms. */
const ticksPerSecond = 100

/** A process and all that it has started, by name. */
export interface NamedProcess {
  readonly name: string
  readonly pid: number
}

/**
 * CPU seconds used so far, by name, child processes included, also those that have ended, but for those that have a name
 * of their own. A process that is gone counts as 0.
 */
export async function readCpuSeconds(
  processes: readonly NamedProcess[],
): Promise<Map<string, number>> {
  const all = await readAllProcesses()
  const seconds = new Map<string, number>()
  const named = new Set(processes.map(({ pid }) => pid))
  for (const { name, pid } of processes) seconds.set(name, secondsOfTree(pid, all, named))
  return seconds
}

interface ProcessStat {
  readonly parent: number
  readonly seconds: number
}

async function readAllProcesses(): Promise<Map<number, ProcessStat>> {
  const stats = new Map<number, ProcessStat>()
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const text = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '')
    // The name in parentheses may contain spaces: count from its end. See proc_pid_stat(5).
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const parent = fields[1]
    // Its own time, user and system, and that of the children that it has waited for.
    const ticks = fields.slice(11, 15).reduce((sum, part) => sum + part, 0)
    if (parent === undefined || Number.isNaN(ticks)) continue
    stats.set(Number(entry), { parent, seconds: ticks / ticksPerSecond })
  }
  return stats
}

function secondsOfTree(
  pid: number,
  all: ReadonlyMap<number, ProcessStat>,
  named: ReadonlySet<number>,
): number {
  const own = all.get(pid)?.seconds ?? 0
  const children = [...all].filter(([child, { parent }]) => parent === pid && !named.has(child))
  return children.reduce((sum, [child]) => sum + secondsOfTree(child, all, named), own)
}
