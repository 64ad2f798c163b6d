import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import type { EvaluatedImages } from '../../../../activities/evaluation/evaluated-images.ts'
import type { RunFigures } from '../../../../bench/vision/evaluation/summarise-run.ts'
import { findMarkedProcesses } from '../../../../cli/processes/find-marked-processes.ts'
import { signalProcess } from '../../../../cli/processes/signal-process.ts'
import { stopOrphans } from '../../../../cli/supervisor/stop-everything.ts'
import { runProgram, type Program } from '../../../support/run-program.ts'
import { until } from '../../../support/until.ts'
import { readSample } from '../../../workers/faceextract/sample-photos.ts'

const images = 30
const chunkImages = 2
/** Processes start three times, and what was lost with one is noticed after 15 s: each patient, on a busy machine. */
const patienceMs = 150_000

let home: string
let run: string
let programs: Program[]

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'ips-evaluation-'))
  run = `test-${randomBytes(6).toString('hex')}`
  programs = []
})

afterEach(async () => {
  for (const program of programs) program.kill('SIGKILL')
  await Promise.all(programs.map(({ ended }) => ended))
  await stopOrphans(runFolder())
  await rm(home, { recursive: true })
})

function runFolder(): string {
  return path.join(home, 'bench', 'runs', run)
}

/** Photos of three people, each a little narrower than the one before it. */
async function writeImages(): Promise<void> {
  const photo = await readSample('sample1.jpg')
  const labels: string[] = []
  for (let at = 0; at < images; at += 1) {
    const width = 600 - at
    const content = await sharp(photo).resize(width).jpeg().toBuffer()
    await writeFile(path.join(home, `${at}.jpg`), content)
    const boxes = [
      [415, 355, 190, 240],
      [830, 430, 205, 225],
      [1465, 205, 210, 235],
    ].map((box) => ({ box: box.map((value) => (value * width) / 1_920) }))
    labels.push(JSON.stringify({ image: `${at}.jpg`, faces: boxes }))
  }
  await writeFile(path.join(home, 'broken.png'), 'no image')
  await writeFile(path.join(home, 'labels.jsonl'), labels.join('\n'))
}

function evaluate(): Program {
  const program = runProgram(
    path.resolve('bench/vision.ts'),
    [
      ...['--images', home, '--labels', path.join(home, 'labels.jsonl'), '--run', run],
      ...['--settings', '{"faceextract":{"minConfidence":0.7}}', '--chunk', String(chunkImages)],
    ],
    { IPS_HOME: home, VISION_CHILDREN: '1' },
  )
  programs.push(program)
  return program
}

async function recordedChunks(): Promise<string[]> {
  const files = await readdir(path.join(runFolder(), 'chunks')).catch(() => [])
  return files.filter((file) => file.endsWith('.json'))
}

describe('an evaluation', () => {
  test(
    'ends with every image in it once, though its worker and then itself were killed',
    async () => {
      await writeImages()
      const first = evaluate()
      await until(
        'a chunk is recorded',
        async () => (await recordedChunks()).length > 0,
        patienceMs,
      )
      for (const { pid } of findMarkedProcesses(runFolder())) signalProcess(pid, 'SIGKILL')
      const before = (await recordedChunks()).length
      await until(
        'another worker goes on',
        async () => (await recordedChunks()).length > before,
        patienceMs,
      )
      first.kill('SIGKILL')
      await first.ended
      const done = await recordedChunks()
      const second = evaluate()
      expect(await second.ended).toBe(0)

      const chunks = await recordedChunks()
      expect(chunks).toHaveLength(Math.ceil((images + 1) / chunkImages))
      // Where it had not ended before it was killed: the second one has had something to do.
      expect(chunks).toEqual(expect.arrayContaining(done))
      const evaluated = await Promise.all(
        chunks.map(async (file) => {
          const text = await readFile(path.join(runFolder(), 'chunks', file), 'utf8')
          return JSON.parse(text) as EvaluatedImages
        }),
      )
      const names = evaluated.flatMap((chunk) => chunk.images.map(({ image }) => image))
      const wanted = Array.from({ length: images }, (_, at) => `${at}.jpg`)
      expect(names.toSorted()).toEqual([...wanted, 'broken.png'].toSorted())

      const report = await readFile(path.join(runFolder(), 'report.json'), 'utf8')
      const figures = JSON.parse(report) as RunFigures
      expect(figures).toMatchObject({
        ...{ images: images + 1, labelled: images },
        failures: { 'faceextract: image-damaged': 1 },
        used: [{ service: 'faceextract', version: '2.0', images: images + 1 }],
        faces: { faces: 3 * images },
      })
      expect(figures.faces?.rates?.[0]).toMatchObject({ recall: 1, falsePositives: 0 })
      const inventory = await readFile(path.join(runFolder(), 'inventory.json'), 'utf8')
      expect(JSON.parse(inventory)).toMatchObject({
        services: [{ claimValue: { minConfidence: 0.7 } }],
        used: [{ executionProvider: 'cpu', models: expect.arrayContaining([]) }],
      })
      expect(findMarkedProcesses(runFolder())).toEqual([])
    },
    3 * patienceMs,
  )

  test('is refused, before anything starts, where images or settings are not what they must be', async () => {
    await writeFile(path.join(home, 'a.png'), '')
    for (const [name, value] of [
      ['--run', '../elsewhere'],
      ['--settings', '{"gateway":true}'],
      ['--settings', '{}'],
      ['--chunk', '0'],
      ['--images', path.join(home, 'nothing')],
    ]) {
      const program = runProgram(
        path.resolve('bench/vision.ts'),
        ['--images', home, '--run', run, name ?? '', value ?? ''],
        { IPS_HOME: home },
      )
      expect(await program.ended).toBe(1)
    }
    expect(await readdir(home)).toEqual(['a.png'])
  })
})
