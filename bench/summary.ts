import { parseArgs } from 'node:util'
import { chooseParts, readMachine, report } from './report.ts'
import { measureBaseline } from './summary/measure-baseline.ts'
import { measureDelay } from './summary/measure-delay.ts'
import { measureOpen } from './summary/measure-open.ts'
import { measureThroughput } from './summary/measure-throughput.ts'
import { toTable, type SummaryFigures } from './summary/to-table.ts'

/**
 * How the summary service works on transactions of three images and two services, through the real Temporal and PostgreSQL:
 * how many a second and at what cost, beside bare workflows on the same server in the same run; how soon after the last
 * message; and what open windows cost that wait for two weeks.
 */

const parts = ['baseline', 'throughput', 'delay', 'open'] as const

const help = `Usage: racc bench summary -- [options]

  --only PARTS        some of ${parts.join()} (default: all)
  --transactions N    of each round of the throughput, and workflows of the baseline (default: 1000)
  --rounds N          of the throughput (default: 3)
  --in-flight N       transactions under way at once in the throughput (default: 200)
  --rate N            transactions a second, where the delay is measured (default: 5)
  --seconds N         for which the delay is measured (default: 30)
  --open N            transactions that are held open (default: 10000)
  --steps N           in which they are opened (default: 5)
  --json              one JSON object as the last line

SUMMARY_NODE_OPTIONS are Node's options for the summary process alone, for example --cpu-prof --cpu-prof-dir=DIR.
`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: parts.join() },
    transactions: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '200' },
    rate: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '30' },
    open: { type: 'string', default: '10000' },
    steps: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}
const wanted = chooseParts(parts, values.only)
const transactions = Number(values.transactions)
const inFlight = Number(values['in-flight'])
const delay = { perSecond: Number(values.rate), seconds: Number(values.seconds) }

const figures: SummaryFigures = {}
const machine = readMachine()
report(`${machine.cores} cores, load ${machine.loadBefore} before`)
if (wanted.has('baseline')) {
  figures.baseline = await measureBaseline({ workflows: transactions, inFlight })
  report(`bare: ${JSON.stringify(figures.baseline)}`)
}
if (wanted.has('throughput')) {
  const rounds = Number(values.rounds)
  figures.throughput = await measureThroughput({ transactions, inFlight, rounds, report })
}
if (wanted.has('delay')) {
  figures.delay = await measureDelay(delay)
  report(`delay: ${JSON.stringify(figures.delay)}`)
}
if (wanted.has('open')) {
  const [open, steps] = [Number(values.open), Number(values.steps)]
  figures.open = await measureOpen({ open, steps, delay, report })
}

process.stdout.write(`${toTable(figures)}\n`)
if (values.json) {
  process.stdout.write(`${JSON.stringify({ bench: 'summary', machine, ...figures })}\n`)
}
