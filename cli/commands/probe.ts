import type { Command } from 'commander'
import { z } from 'zod'
import { readSetup, type Environment } from '../setup/read-setup.ts'

const options = z.object({
  rate: z.coerce.number().positive(),
  duration: z.string(),
  once: z.boolean().default(false),
  images: z.coerce.number().int().min(1).max(32),
  timeout: z.string(),
})

/** `racc probe`: is the system there, end to end? */
export function registerProbe(program: Command, environment: Environment): void {
  program
    .command('probe')
    .description(
      'post synthetic transactions to the running system and check that they come back; prints a report as one line of JSON, ends with 1 where something did not come',
    )
    .option('--rate <n>', 'transactions started per second', '1')
    .option('--duration <duration>', 'how long: 90s, 15m, 24h', '30s')
    .option('--once', 'one transaction only')
    .option('--images <n>', 'images of a transaction', '2')
    .option('--timeout <duration>', 'what has not come back by then has failed', '60s')
    .action(async (given: unknown) => {
      const { parseDuration } = await import('../clients/parse-duration.ts')
      const { rate, duration, once, images, timeout } = options.parse(given)
      const { probeSystem } = await import('../probe/probe-system.ts')
      const report = await probeSystem(readSetup(environment), {
        transactionsPerSecond: rate,
        durationMs: parseDuration(duration) * 1000,
        maxTransactions: once ? 1 : Infinity,
        images,
        timeoutMs: parseDuration(timeout) * 1000,
      })
      process.stdout.write(`${JSON.stringify(report)}\n`)
      if (report.failed > 0 || report.transactions === 0) process.exitCode = 1
    })
}
