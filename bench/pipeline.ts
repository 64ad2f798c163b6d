import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { modelsDirectory, samplesDirectory } from '../test/support/model-files.ts'
import { createTestClient } from '../test/support/client.ts'
import { startSystem, type System } from '../test/support/system.ts'
import { readCpuSeconds } from './cpu-by-process.ts'

/**
 * How much of the machine's power for inference arrives at the client: images per second from the first POST to the last
 * webhook, beside those of a bare loop over the same models and photos with one process per core, in turn, several times.
 */

const timeoutMs = 540_000
/** POSTs under way at once: enough to keep every service busy. */
const concurrentPosts = 4

interface Figures {
  readonly imagesPerSecond: number
  readonly cpuSeconds: Readonly<Record<string, number>>
}

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})
const images = Number(values.images)
const files = (await readdir(samplesDirectory()))
  .filter((file) => file.endsWith('.jpg'))
  .map((file) => path.join(samplesDirectory(), file))

const rounds: { bare: number; pipeline: Figures }[] = []
const system = await startSystem()
try {
  const client = await createTestClient(system, 'bench')
  await measurePipeline('warm-up')
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const bare = await measureBareLoop()
    const pipeline = await measurePipeline(`round-${round}`)
    rounds.push({ bare, pipeline })
    report(
      `round ${round}: bare loop ${bare.toFixed(2)}, pipeline ${pipeline.imagesPerSecond.toFixed(2)} images/s`,
    )
  }
  await client.receiver.close()

  async function measurePipeline(name: string): Promise<Figures> {
    const photos = await Promise.all(files.map((file) => readFile(file)))
    const processes = await namedProcesses(system)
    const before = await readCpuSeconds(processes)
    const started = Date.now()
    const queue = Array.from({ length: images }, (_, index) => index)
    const posted = new Set<string>()
    await Promise.all(
      Array.from({ length: concurrentPosts }, async () => {
        for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
          const photo = photos[index % photos.length]
          if (photo) posted.add((await client.post(`${name}-${index}`, photo, 1)).imageId)
        }
      }),
    )
    await client.receiver.waitFor((received) => {
      const terminals = received.filter(
        ({ type, imageId }) => type === 'vision.v1m0.ImageProcessed' && posted.has(imageId),
      )
      return terminals.length >= 2 * images
    }, timeoutMs)
    const seconds = (Date.now() - started) / 1_000
    const after = await readCpuSeconds(processes)
    const cpuSeconds = Object.fromEntries(
      [...after].map(([process, used]) => [process, round(used - (before.get(process) ?? 0))]),
    )
    return { imagesPerSecond: images / seconds, cpuSeconds }
  }
} finally {
  await system.stop()
}

const ratio = median(rounds.map(({ bare, pipeline }) => pipeline.imagesPerSecond / bare))
const last = rounds.at(-1)
report(`CPU seconds by process, last round: ${JSON.stringify(last?.pipeline.cpuSeconds)}`)
report(`ratio, median of ${rounds.length} rounds: ${ratio.toFixed(3)}`)
if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ bench: 'pipeline', ratio: round(ratio), images, cores: cores(), rounds })}\n`,
  )
}

/** Images per second of as many bare loops as the machine has cores. */
async function measureBareLoop(): Promise<number> {
  const script = path.resolve(import.meta.dirname, 'bare-loop.ts')
  const share = Math.ceil(images / cores())
  const loops = Array.from({ length: cores() }, () =>
    spawn(process.execPath, [script, modelsDirectory(), String(share), ...files], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  await Promise.all(loops.map((loop) => once(loop.stdout, 'data')))
  const started = Date.now()
  for (const loop of loops) loop.stdin.write('go\n')
  const codes = await Promise.all(loops.map((loop) => once(loop, 'exit')))
  if (codes.some(([code]) => code !== 0)) throw new Error('a bare loop failed')
  return (share * loops.length * 1_000) / (Date.now() - started)
}

async function namedProcesses(measured: System) {
  const { roles, servers } = await measured.status()
  return [
    ...roles.map(({ role, pid }) => ({ name: role, pid })),
    ...servers.map(({ name, pid }) => ({ name, pid })),
    { name: 'bench', pid: process.pid },
  ].filter(({ pid }) => pid > 0)
}

function cores(): number {
  return os.availableParallelism()
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}
