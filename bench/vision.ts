import path from 'node:path'
import { parseArgs } from 'node:util'
import { readSetup } from '../cli/setup/read-setup.ts'
import { detectionTable } from './vision/detection-table.ts'
import { identityTable } from './vision/identity-table.ts'
import { measureDetection } from './vision/measure-detection.ts'
import { measureIdentity } from './vision/measure-identity.ts'
import { measureText } from './vision/measure-text.ts'
import { textTable } from './vision/text-table.ts'

/**
 * How well the vision services do their work, on pictures of which it is known what is in them. `identity`: are people found
 * again across photos, and are two people kept apart, by threshold; writes a plot beside the system's other state.
 */

const parts = ['identity', 'detection', 'text'] as const

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: parts.join() },
    json: { type: 'boolean', default: false },
  },
})
const wanted = new Set(values.only.split(','))
for (const name of wanted) {
  if (!parts.some((part) => part === name))
    throw new Error(`--only ${name}: one of ${parts.join()}`)
}
const report = (line: string) => void process.stderr.write(`${line}\n`)
const directory = path.join(readSetup(process.env).home, 'bench')

if (wanted.has('identity')) {
  const identity = await measureIdentity(directory, report)
  process.stdout.write(`${identityTable(identity)}\n`)
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'vision', identity })}\n`)
}
if (wanted.has('detection')) {
  const detection = await measureDetection(directory, report)
  process.stdout.write(`${detectionTable(detection)}\n`)
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'vision', detection })}\n`)
}
if (wanted.has('text')) {
  const text = await measureText(directory, report)
  process.stdout.write(`${textTable(text)}\n`)
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'vision', text })}\n`)
}
