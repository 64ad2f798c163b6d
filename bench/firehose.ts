import { parseArgs } from 'node:util'
import { measureAppending } from './firehose/measure-append.ts'
import { measureCatchUp } from './firehose/measure-catch-up.ts'
import { measureIdle } from './firehose/measure-idle.ts'
import { measureLatency } from './firehose/measure-latency.ts'
import { measureMany, measureSingle } from './firehose/measure-reading.ts'
import { toTable, type FirehoseFigures } from './firehose/to-table.ts'
import { chooseParts, readMachine, report } from './report.ts'
import { round } from './statistics.ts'

/**
 * How the firehose streams messages of 1 KiB from its journal: how many a second over one connection and over many, with a
 * filter, how long a client takes that comes back, how soon a message reaches an idle stream, what idle streams cost, and
 * how fast messages come into the journal. Beside it, in the same run, `psql \copy` of rows with the same bytes, which
 * are not encrypted (by the driver `pg` where there is no psql). `ratio` is what one connection brings to that.
 */

const parts = ['single', 'many', 'append', 'latency', 'idle', 'catch-up'] as const

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: parts.join() },
    messages: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '25' },
    connections: { type: 'string', default: '4' },
    'catch-up': { type: 'string', default: '1000000' },
    appended: { type: 'string', default: '50000' },
    latencies: { type: 'string', default: '200' },
    idle: { type: 'string', default: '5000' },
    json: { type: 'boolean', default: false },
  },
})
const wanted = chooseParts(parts, values.only)
const messages = Number(values.messages)
const rounds = Number(values.rounds)
const clients = Number(values.clients)

const figures: FirehoseFigures = {}
const machine = readMachine()
report(`${machine.cores} cores, load ${machine.loadBefore} before`)
if (wanted.has('single')) {
  figures.single = await measureSingle({ messages, rounds })
  report(`single: ${JSON.stringify(figures.single)}`)
}
if (wanted.has('many')) {
  const connections = Number(values.connections)
  figures.many = await measureMany({ messages, rounds, clients, connections })
  report(`many: ${JSON.stringify(figures.many)}`)
}
if (wanted.has('append')) {
  figures.append = await measureAppending(Number(values.appended), clients)
  report(`append: ${JSON.stringify(figures.append)}`)
}
if (wanted.has('latency')) {
  figures.latency = await measureLatency(Number(values.latencies))
  report(`latency: ${JSON.stringify(figures.latency)}`)
}
if (wanted.has('idle')) {
  figures.idle = await measureIdle(Number(values.idle))
  report(`idle: ${JSON.stringify(figures.idle)}`)
}
if (wanted.has('catch-up')) figures.catchUp = await measureCatchUp(Number(values['catch-up']))

process.stdout.write(`${toTable(figures)}\n`)
if (values.json) {
  const [bytes] = figures.single?.readings ?? []
  const copy = figures.single?.copy
  const ratio =
    bytes === undefined || copy === undefined
      ? {}
      : { ratio: round(bytes.perSecond / copy.perSecond) }
  process.stdout.write(`${JSON.stringify({ bench: 'firehose', ...ratio, machine, ...figures })}\n`)
}
