import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Environment, Setup } from '../setup/read-setup.ts'
import { note, say } from '../terminal.ts'
import { withTestServers } from './with-test-servers.ts'

/** What a run counts. */
interface Tally {
  readonly passed: number
  readonly failed: number
}

/**
 * Installs everything, starts servers of its own (those that are not configured), runs the static checks and Jest, stops
 * the servers whatever happened, and prints `N passed, N failed` as its last line. A check that fails, a test file that
 * does not load and servers that do not start count as one failed test each. Returns the exit code.
 */
export async function runTests(options: {
  jestArgs: string[]
  check: boolean
  environment: Environment
}): Promise<number> {
  const tallies: Tally[] = []
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort())
  try {
    await withTestServers(options.environment, { tests: true }, async ({ setup, start }) => {
      if (options.check) tallies.push(await runChecks(setup, stop.signal))
      note('starting the servers of the tests')
      tallies.push(await runJest(setup, options.jestArgs, await start(), stop.signal))
    })
  } catch (error) {
    note(`racc: ${error instanceof Error ? error.message : String(error)}`)
    tallies.push({ passed: 0, failed: 1 })
  }
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0)
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0)
  say(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 && !stop.signal.aborted ? 0 : 1
}

/** The static checks report by their own output; together they count as one test. */
async function runChecks(setup: Setup, signal: AbortSignal): Promise<Tally> {
  const code = await run('npm', ['run', '--silent', 'check'], setup, setup.environment, signal)
  if (code !== 0) note('racc: npm run check failed')
  return code === 0 ? { passed: 0, failed: 0 } : { passed: 0, failed: 1 }
}

const resultsSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
  numPendingTests: z.number(),
})

async function runJest(
  setup: Setup,
  jestArgs: readonly string[],
  environment: Environment,
  signal: AbortSignal,
): Promise<Tally> {
  const results = join(setup.home, 'jest-results.json')
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    // kafkajs computes a negative time-out, and means none.
    '--disable-warning=TimeoutNegativeWarning',
    join(setup.root, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...['--json', '--outputFile', results],
    // Tests wait for servers most of the time; more workers than cores only makes them late.
    ...['--maxWorkers', String(Math.min(2, availableParallelism()))],
    ...jestArgs,
  ]
  const code = await run(process.execPath, args, setup, environment, signal)
  const text = await readFile(results, 'utf8').catch(() => undefined)
  if (text === undefined) {
    note('racc: Jest ended without results')
    return { passed: 0, failed: 1 }
  }
  const counted = resultsSchema.parse(JSON.parse(text))
  const failed = counted.numFailedTests + counted.numRuntimeErrorTestSuites
  if (counted.numPendingTests > 0) note(`${counted.numPendingTests} tests were skipped`)
  // Jest also fails without a failed test, for example where a handle leaks or a threshold is missed.
  return { passed: counted.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed }
}

/** Runs a command with this one's output. Jest's JSON goes to its file, everything for people to standard error. */
async function run(
  command: string,
  args: readonly string[],
  { root }: Setup,
  environment: Environment,
  signal: AbortSignal,
): Promise<number | null> {
  if (signal.aborted) return null
  const child = spawn(command, args, { cwd: root, env: environment, stdio: 'inherit' })
  signal.addEventListener('abort', () => child.kill('SIGTERM'))
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
}
