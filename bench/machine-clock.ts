/** Ms of the machine's monotonic clock: comparable between processes, whatever happens to the wall clock. */
export function machineMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1_000 + nanoseconds / 1_000_000
}
