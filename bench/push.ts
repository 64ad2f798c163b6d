import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { measureBackOff } from './push/measure-back-off.ts'
import { measureBareJournal } from './push/measure-bare-journal.ts'
import { measureDrain } from './push/measure-drain.ts'
import { measureEvents } from './push/measure-events.ts'
import { measureFairness } from './push/measure-fairness.ts'
import { measureLatency } from './push/measure-latency.ts'
import { measureThroughput } from './push/measure-throughput.ts'
import { chooseParts, readMachine, report } from './report.ts'
import { startSink } from './push/start-sink.ts'
import { toTable, type PushFigures } from './push/to-table.ts'
import { round } from './statistics.ts'

/**
 * How push delivers messages of 1 KiB that are written to Kafka: how many a second, how soon, at what cost, after an outage,
 * and beside bad endpoints. Beside it, in the same run, the bare things: signed POSTs from one process to the same sink,
 * and the least that a journal asks of PostgreSQL. `ratio` is the deliveries of a hundred endpoints to the bare POSTs.
 */

const parts = [
  'baselines',
  'throughput',
  'latency',
  'drain',
  'events',
  'back-off',
  'fairness',
] as const
/** The other endpoints of the throughput show a number of their own. */
const ratioEndpoints = 100

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: parts.join() },
    endpoints: { type: 'string', default: '1,100,1000' },
    messages: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '15' },
    backlog: { type: 'string', default: '100000' },
    'back-offs': { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
})
const wanted = chooseParts(parts, values.only)
const messages = Number(values.messages)
const seconds = Number(values.seconds)

const figures: PushFigures = {}
const machine = readMachine()
report(`${machine.cores} cores, load ${machine.loadBefore} before`)
if (wanted.has('baselines')) {
  figures.barePostsPerSecond = await measureBarePosts()
  figures.bareJournal = await measureBareJournal(messages)
  report(`bare: ${JSON.stringify(figures)}`)
}
if (wanted.has('throughput')) {
  const counts = values.endpoints.split(',').map(Number)
  const rounds = Number(values.rounds)
  figures.throughput = await measureThroughput({ counts, messages, rounds, report })
}
const fanOut = figures.throughput?.find(({ endpoints }) => endpoints === ratioEndpoints)
if (wanted.has('latency')) {
  const maximum = fanOut?.perSecond
  figures.latency = await measureLatency({ rate: Number(values.rate), seconds, maximum, report })
}
if (wanted.has('drain')) {
  figures.drain = await measureDrain({ messages: Number(values.backlog), report })
  report(`drain: ${JSON.stringify(figures.drain)}`)
}
if (wanted.has('events')) {
  figures.events = await measureEvents({ messages })
  report(`events: ${JSON.stringify(figures.events)}`)
}
if (wanted.has('back-off')) {
  figures.backOff = await measureBackOff({ endpoints: Number(values['back-offs']) })
  report(`back-off: ${JSON.stringify(figures.backOff)}`)
}
if (wanted.has('fairness')) figures.fairness = await measureFairness({ seconds, report })

process.stdout.write(`${toTable(figures)}\n`)
if (values.json) {
  const bare = figures.barePostsPerSecond
  const ratio =
    bare === undefined || fanOut === undefined ? {} : { ratio: round(fanOut.perSecond / bare) }
  process.stdout.write(`${JSON.stringify({ bench: 'push', ...ratio, machine, ...figures })}\n`)
}

/** Messages a second of a process that does nothing but POST. */
async function measureBarePosts(): Promise<number> {
  const sink = await startSink()
  const script = path.join(import.meta.dirname, 'push/bare-posts.ts')
  const child = spawn(process.execPath, [script, sink.origin], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const rate = Number(await text(child.stdout))
  sink.stop()
  return round(rate)
}
