import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { maxChunkImages } from '../../../activities/evaluation/evaluated-images.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { drawCurves } from '../draw-curves.ts'
import { describeCode } from './describe-code.ts'
import { listImages } from './list-images.ts'
import { readLabels } from './read-labels.ts'
import { runEvaluation } from './run-evaluation.ts'
import { openRunFolder, type PlannedService } from './run-folder.ts'
import { createProgressLine } from './show-progress.ts'
import { summariseRun, type RunFigures } from './summarise-run.ts'

/** What is evaluated, and how. */
export interface EvaluateOptions {
  /** A folder, or a file with a path in each line. */
  readonly images: string
  /** A file of labels, JSON lines. */
  readonly labels?: string | undefined
  /** The name of the run: one that was broken off goes on. */
  readonly run: string
  /** Where the folders of runs are. */
  readonly runs: string
  readonly temporalAddress: string
  /** Vision processes of each service; 0: those that run elsewhere, on task queues with the prefix. */
  readonly processes: number
  readonly taskQueuePrefix?: string | undefined
  /** Images that a worker is given at a time: what is lost with it is done again. */
  readonly chunkImages: number
  /** Values of claims by service; a service without one is not asked. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly report: (line: string) => void
}

/** The versions whose results say all: boxes of every face in one message, all lines. */
const services: Readonly<Record<string, Omit<PlannedService, 'claimValue'>>> = {
  faceextract: { role: 'vision-faceextract', version: '2.0', summarised: true },
  ocr: { role: 'vision-ocr', version: '1.0', summarised: false },
}

/** Two chunks for each process that works on one: while one is recorded the next is worked on. */
const lanesPerProcess = 4

/**
 * Evaluates images that are labelled or not, or goes on with it, and sums it up: writes `report.json`, `inventory.json` and a plot
 * into the run's folder. Throws `IpsError` as its parts do, and `IpsError('run-unusable')` for a name or settings that are none.
 */
export async function evaluate(options: EvaluateOptions): Promise<RunFigures> {
  const { run, processes, report, temporalAddress, chunkImages } = options
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/.test(run)) {
    throw new IpsError('run-unusable', `${run} is no name for a run`)
  }
  if (!(Number.isInteger(chunkImages) && chunkImages >= 1 && chunkImages <= maxChunkImages)) {
    throw new IpsError('run-unusable', `a chunk has 1 to ${maxChunkImages} images`)
  }
  const { folder, images } = await listImages(options.images)
  const labels = readLabels(
    options.labels === undefined ? '' : await readFile(options.labels, 'utf8'),
  )
  const planned = plannedServices(options.settings)
  const plan = { folder, images, services: planned, chunkImages }
  const runFolder = await openRunFolder(path.join(options.runs, run), plan)
  const known = new Set(images)
  const unknown = [...labels.keys()].filter((image) => !known.has(image))
  if (unknown.length > 0) report(`${unknown.length} labels are of no image: ${unknown[0] ?? ''}, …`)
  const line = createProgressLine()
  await runEvaluation(runFolder, {
    ...{ run, temporalAddress, processes },
    taskQueuePrefix: options.taskQueuePrefix ?? `evaluation-${run}-`,
    lanes: lanesPerProcess * Math.max(1, processes) * planned.length,
    onProgress: (progress) => line.show(progress),
  })
  line.end()
  const figures = await summariseRun(runFolder, labels)
  const inventory = {
    ...(await describeCode()),
    ...plan,
    images: images.length,
    used: figures.used,
  }
  await writeJson(path.join(runFolder.path, 'inventory.json'), inventory)
  await writeJson(path.join(runFolder.path, 'report.json'), figures)
  await writeFile(path.join(runFolder.path, 'report.svg'), drawRun(figures))
  report(`figures, inventory and plot: ${runFolder.path}`)
  return figures
}

function plannedServices(settings: EvaluateOptions['settings']): PlannedService[] {
  const planned = Object.entries(settings).map(([name, claimValue]) => {
    const service = Object.hasOwn(services, name) ? services[name] : undefined
    if (service === undefined) throw new IpsError('run-unusable', `there is no service ${name}`)
    return { ...service, claimValue }
  })
  if (planned.length === 0) throw new IpsError('run-unusable', 'no service is asked')
  return planned
}

/** Confidences of what was found; where faces are labelled, recall and precision by confidence too. */
function drawRun({ faces, text }: RunFigures): string {
  const cumulative = (counts: readonly number[] = []) => {
    const all = Math.max(
      1,
      counts.reduce((sum, count) => sum + count, 0),
    )
    return counts.map((_, from) => counts.slice(from).reduce((sum, count) => sum + count, 0) / all)
  }
  const rateAt = (at: number, of: 'recall' | 'precision') =>
    faces?.rates?.findLast(({ threshold }) => threshold <= at)?.[of] ?? faces?.rates?.[0]?.[of] ?? 0
  const xs = Array.from({ length: 10 }, (_, at) => at / 10)
  const curves = [
    { name: 'faces at least so sure', parts: cumulative(faces?.confidences) },
    { name: 'lines at least so sure', parts: cumulative(text?.confidences) },
    ...(faces?.rates === undefined
      ? []
      : (['recall', 'precision'] as const).map((of) => ({
          ...{ name: `faces: ${of}`, isDashed: true },
          parts: xs.map((x) => rateAt(x, of)),
        }))),
  ]
  return drawCurves({ xs, curves: curves.filter(({ parts }) => parts.length > 0) })
}

function writeJson(file: string, content: unknown): Promise<void> {
  return writeFile(file, `${JSON.stringify(content, null, 2)}\n`)
}
