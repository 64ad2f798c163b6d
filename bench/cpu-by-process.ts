import { readFile, readdir } from 'node:fs/promises'

/** Linux counts CPU time in ticks of 10 ms. */
const ticksPerSecond = 100

/** A process and all that it has started, by name. */
export interface NamedProcess {
  readonly name: string
  readonly pid: number
}

/** CPU seconds used so far, by name, child processes included. A process that is gone counts as 0. */
export async function readCpuSeconds(
  processes: readonly NamedProcess[],
): Promise<Map<string, number>> {
  const all = await readAllProcesses()
  const seconds = new Map<string, number>()
  for (const { name, pid } of processes) seconds.set(name, secondsOfTree(pid, all))
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
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number)
    if (parent === undefined || user === undefined || system === undefined) continue
    stats.set(Number(entry), { parent, seconds: (user + system) / ticksPerSecond })
  }
  return stats
}

function secondsOfTree(pid: number, all: ReadonlyMap<number, ProcessStat>): number {
  const own = all.get(pid)?.seconds ?? 0
  const children = [...all].filter(([, { parent }]) => parent === pid)
  return children.reduce((sum, [child]) => sum + secondsOfTree(child, all), own)
}
