/** Does something; returns what it gives, and the CPU time that this process, with all its threads, spent on it, in ms. */
export async function withCpuTime<T>(work: () => Promise<T>): Promise<[T, number]> {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return [result, (user + system) / 1_000]
}
