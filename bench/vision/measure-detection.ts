import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { modelsDirectory } from '../../test/support/model-files.ts'
import { loadModels } from '../../workers/vision/load-models.ts'
import { decodeUpright } from '../../workers/vision/upright-image.ts'
import { median, round } from '../statistics.ts'
import { withCpuTime } from './cpu-clock.ts'
import { detectionScenes } from './detection-scenes.ts'
import { detectionWays } from './detection-ways.ts'
import { drawCurves } from './draw-curves.ts'
import { readLabelledPhotos } from './labelled-photos.ts'
import { rateDetection, type DetectedScene, type DetectionRates } from './rate-detection.ts'
import { rounded } from './rounded.ts'

/** How well faces are found, by the way in which they are looked for. */
export interface DetectionFigures {
  readonly scenes: number
  readonly faces: number
  /** CPU time to decode a scene, median, in ms: every way needs it. */
  readonly decodeCpuMs: number
  readonly ways: Readonly<
    Record<
      string,
      {
        /** For a scene, without decoding, in ms: the median and the mean. */
        readonly cpuMs: { readonly median: number; readonly mean: number }
        readonly rates: readonly DetectionRates[]
      }
    >
  >
}

const thresholds = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]

/** Measures it on photos, pasted faces and pictures without faces, and writes the plot into `directory`. */
export async function measureDetection(
  directory: string,
  report: (line: string) => void,
): Promise<DetectionFigures> {
  const models = await loadModels({
    directory: modelsDirectory(),
    models: ['fr_detect', 'onet'],
    executionProviders: ['cpu'],
  })
  const ways = Object.entries(detectionWays).map(([name, detect]) => ({
    ...{ name, detect },
    scenes: [] as DetectedScene[],
    cpuMs: [] as number[],
  }))
  const decodeMs: number[] = []
  let last = ''
  for await (const { kind, content, faces } of detectionScenes(await readLabelledPhotos())) {
    if (kind !== last) report(`looking for faces: ${kind}`)
    last = kind
    const [image, spent] = await withCpuTime(() => decodeUpright(content))
    decodeMs.push(spent)
    for (const way of ways) {
      const [found, cpuMs] = await withCpuTime(() => way.detect(image, models))
      way.scenes.push({ kind, faces, found })
      way.cpuMs.push(cpuMs)
    }
  }
  const scenes = ways[0]?.scenes ?? []
  const figures = {
    scenes: scenes.length,
    faces: scenes.reduce((sum, { faces }) => sum + faces.length, 0),
    decodeCpuMs: round(median(decodeMs)),
    ways: Object.fromEntries(
      ways.map((way) => [
        way.name,
        {
          cpuMs: { median: round(median(way.cpuMs)), mean: round(meanOf(way.cpuMs)) },
          rates: rateDetection(way.scenes, thresholds).map(rounded),
        },
      ]),
    ),
  }
  await mkdir(directory, { recursive: true })
  const plot = path.join(directory, 'detection.svg')
  await writeFile(plot, drawDetection(figures))
  report(`plot: ${plot}`)
  return figures
}

/** Recall and precision of each way, by threshold. */
function drawDetection({ ways }: Pick<DetectionFigures, 'ways'>): string {
  const curves = Object.entries(ways).flatMap(([way, { rates }]) => [
    { name: `${way}: recall`, parts: rates.map(({ recall }) => recall) },
    { name: `${way}: precision`, parts: rates.map(({ precision }) => precision), isDashed: true },
  ])
  return drawCurves({ xs: thresholds, mark: defaultThreshold, curves })
}

/** What a client gets that says nothing. */
const defaultThreshold = 0.7

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
