import path from 'node:path'
import { parseArgs } from 'node:util'
import { readSetup } from '../cli/setup/read-setup.ts'
import { detectionTable } from './vision/detection-table.ts'
import { evaluate } from './vision/evaluation/evaluate.ts'
import { runTable } from './vision/evaluation/run-table.ts'
import { identityTable } from './vision/identity-table.ts'
import { measureDetection } from './vision/measure-detection.ts'
import { measureIdentity } from './vision/measure-identity.ts'
import { measureText } from './vision/measure-text.ts'
import { textTable } from './vision/text-table.ts'

/**
 * How well the vision services do their work, on pictures of which it is known what is in them. `identity`: are people found
 * again across photos, and are two people kept apart, by threshold; `detection`: are faces found, and nothing else; `text`: is
 * it read. With `--images` on pictures of one's own: see docs/operations/evaluation.md. Writes plots beside the system's other
 * state.
 */

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'identity,detection,text' },
    images: { type: 'string' },
    labels: { type: 'string' },
    run: { type: 'string', default: 'evaluation' },
    processes: { type: 'string', default: '1' },
    chunk: { type: 'string', default: '8' },
    'task-queue-prefix': { type: 'string' },
    settings: { type: 'string', default: '{"faceextract":{"minConfidence":0.5},"ocr":true}' },
    json: { type: 'boolean', default: false },
  },
})
const report = (line: string) => void process.stderr.write(`${line}\n`)
const { home } = readSetup(process.env)
const directory = path.join(home, 'bench')

const parts = {
  identity: () => measureIdentity(directory, report).then(told(identityTable)),
  detection: () => measureDetection(directory, report).then(told(detectionTable)),
  text: () => measureText(directory, report).then(told(textTable)),
}

if (values.images === undefined) {
  const wanted = values.only.split(',')
  const unknown = wanted.find((name) => !Object.hasOwn(parts, name))
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: one of ${Object.keys(parts).join()}`)
  }
  for (const [name, measure] of Object.entries(parts)) {
    if (wanted.includes(name)) show(name, await measure())
  }
} else {
  const figures = await evaluate({
    ...{ images: values.images, labels: values.labels, run: values.run, report },
    runs: path.join(directory, 'runs'),
    temporalAddress: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233',
    processes: Number(values.processes),
    chunkImages: Number(values.chunk),
    taskQueuePrefix: values['task-queue-prefix'],
    settings: JSON.parse(values.settings) as Record<string, unknown>,
  })
  show('evaluation', told(runTable)(figures))
}

/** The figures, and a table of them for people. */
function told<Figures>(toTable: (figures: Figures) => string) {
  return (figures: Figures) => ({ table: toTable(figures), figures })
}

function show(name: string, { table, figures }: { table: string; figures: unknown }): void {
  process.stdout.write(`${table}\n`)
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'vision', [name]: figures })}\n`)
}
