import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createWebhookSecret } from '../lib/token/webhook-secret.ts'
import { createPushFixture, createVisionRecord } from '../test/support/push.ts'
import { issueTestToken } from '../test/support/tokens.ts'

/**
 * How fast push delivers: webhooks a second from the first Kafka record to the last arrival, and the time from a record to
 * its arrival at a steady rate, for one endpoint and for a hundred, with messages of 1 KiB. Beside it, in the same run, bare
 * POSTs with an HMAC from one process to the same sink: `ratio` is the deliveries of a hundred endpoints to these.
 */

/** Makes a webhook's body 1 KiB. */
const messageText = 'x'.repeat(780)
const recordsPerSend = 500
const pollMs = 20

interface Endpoint {
  readonly clientId: string
  readonly token: string
}

interface Figures {
  readonly endpoints: number
  readonly deliveriesPerSecond: number
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number }
}

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
})

const sink = spawn(process.execPath, [path.resolve(import.meta.dirname, 'push/sink.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [port] = (await once(sink.stdout, 'data')) as [Buffer]
const origin = `http://127.0.0.1:${port.toString().trim()}`
const fixture = await createPushFixture()
const figures: Figures[] = []
let bare: number
let sent = 0
try {
  const push = await fixture.start()
  bare = await measureBarePosts()
  for (const count of [1, 100]) figures.push(await measure(count))
  await push.stop()
} finally {
  sink.kill()
  await fixture.drop()
}

const ratio = round((figures.at(-1)?.deliveriesPerSecond ?? 0) / bare)
report(`bare POSTs: ${bare.toFixed(0)}/s; ratio ${ratio}`)
if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ bench: 'push', ratio, barePostsPerSecond: round(bare), figures })}\n`,
  )
}

async function measure(count: number): Promise<Figures> {
  const endpoints = await createEndpoints(count)
  await deliver(endpoints, Math.max(count * 2, 200))
  const seconds = await deliver(endpoints, Number(values.messages))
  const latencies = await deliverSteadily(endpoints)
  const result = {
    endpoints: count,
    deliveriesPerSecond: round(Number(values.messages) / seconds),
    latencyMs: {
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
    },
  }
  report(`${count} endpoints: ${JSON.stringify(result)}`)
  return result
}

function createEndpoints(count: number): Promise<Endpoint[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const clientId = `bench-${count}-${index}-${process.pid}`
      const rights = { 'push-1': { url: `${origin}/${clientId}`, secret: createWebhookSecret() } }
      return { clientId, token: await issueTestToken(fixture.keys, { clientId, rights }) }
    }),
  )
}

/** Writes as fast as it can; returns the seconds from the first record to the last arrival. */
async function deliver(endpoints: readonly Endpoint[], messages: number): Promise<number> {
  const records = Array.from({ length: messages }, () => nextRecord(endpoints).record)
  const startedAt = now()
  for (let start = 0; start < messages; start += recordsPerSend) {
    await fixture.kafka.send('vision-1', records.slice(start, start + recordsPerSend))
  }
  const arrivals = await untilArrived(messages)
  return (Math.max(...Object.values(arrivals)) - startedAt) / 1_000
}

/** Writes at a steady rate; returns the ms from each record to its arrival. */
async function deliverSteadily(endpoints: readonly Endpoint[]): Promise<number[]> {
  const messages = Number(values.rate) * Number(values.seconds)
  const writtenAt = new Map<string, number>()
  const writes: Promise<void>[] = []
  const startedAt = now()
  for (let index = 0; index < messages; index += 1) {
    const dueAt = startedAt + (index * 1_000) / Number(values.rate)
    const waitMs = dueAt - now()
    if (waitMs > 0) await setTimeout(waitMs)
    const { id, record } = nextRecord(endpoints)
    writtenAt.set(id, now())
    writes.push(fixture.kafka.send('vision-1', [record]))
  }
  await Promise.all(writes)
  const arrivals = await untilArrived(messages)
  return Object.entries(arrivals).map(([id, arrivedAt]) => arrivedAt - (writtenAt.get(id) ?? 0))
}

function nextRecord(endpoints: readonly Endpoint[]) {
  const endpoint = endpoints[sent % endpoints.length]
  if (endpoint === undefined) throw new Error('no endpoints')
  sent += 1
  const id = `bench-${sent}`
  const correlationId = `case-${sent % 1_000}`
  return {
    id,
    record: createVisionRecord({ ...endpoint, messageId: id, correlationId, text: messageText }),
  }
}

async function untilArrived(messages: number): Promise<Record<string, number>> {
  for (;;) {
    const arrived = Number(await (await fetch(`${origin}/count`)).text())
    if (arrived >= messages) break
    await setTimeout(pollMs)
  }
  return (await (await fetch(`${origin}/take`)).json()) as Record<string, number>
}

async function measureBarePosts(): Promise<number> {
  const script = path.resolve(import.meta.dirname, 'push/bare-posts.ts')
  const child = spawn(process.execPath, [script, origin], { stdio: ['ignore', 'pipe', 'inherit'] })
  const rate = Number(await text(child.stdout))
  await fetch(`${origin}/take`)
  return rate
}

/** Of the machine's clock, comparable between processes. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

function percentile(values_: readonly number[], part: number): number {
  const sorted = values_.toSorted((one, other) => one - other)
  return round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0)
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}
