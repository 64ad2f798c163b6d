import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { EvaluatedImages } from '../../../activities/evaluation/evaluated-images.ts'
import { median, round } from '../../statistics.ts'
import { rounded } from '../rounded.ts'
import { createFaceCounter, type FaceFigures } from './count-faces.ts'
import { createTextCounter, type TextRunFigures } from './count-text.ts'
import { readFindings } from './read-findings.ts'
import type { ImageLabel } from './read-labels.ts'
import type { RunFolder } from './run-folder.ts'

/** What gave figures: the same all through a run, unless somebody changed it between its parts. */
export interface UsedModels extends Omit<EvaluatedImages, 'images'> {
  readonly images: number
}

/** What a run has found. */
export interface RunFigures {
  readonly images: number
  readonly labelled: number
  /** Files by their ending, the bytes of all, and the pixels of the median one. */
  readonly inventory: {
    readonly endings: Readonly<Record<string, number>>
    readonly bytes: number
    readonly medianPixels: number
  }
  /** What was used, and for how many images. */
  readonly used: readonly UsedModels[]
  /** Images that a service could not work on, by its name and the reason. */
  readonly failures: Readonly<Record<string, number>>
  /** CPU time of an image by service, in ms. */
  readonly cpuMs: Readonly<Record<string, { readonly median: number; readonly mean: number }>>
  readonly faces?: FaceFigures
  readonly text?: TextRunFigures
}

/** Sums up what is recorded of a run. Labels are by image; where there are none, what needs them is left out. */
export async function summariseRun(
  run: Pick<RunFolder, 'plan' | 'readAll'>,
  labels: ReadonlyMap<string, ImageLabel>,
): Promise<RunFigures> {
  const [faces, text] = [createFaceCounter(), createTextCounter()]
  const used: { -readonly [Name in keyof UsedModels]: UsedModels[Name] }[] = []
  const failures: Record<string, number> = {}
  const cpuMs = new Map<string, number[]>()
  const files = new Map<string, { bytes: number; pixels: number }>()
  for await (const { images, ...by } of run.readAll()) {
    const before = used.find(({ images: _, ...known }) => isDeepStrictEqual(known, by))
    if (before === undefined) used.push({ ...by, images: images.length })
    else before.images += images.length
    for (const evaluated of images) {
      const { image, failure, bytes = 0, width = 0, height = 0 } = evaluated
      const label = labels.get(image)
      if (failure !== undefined) {
        const name = `${by.service}: ${failure.code}`
        failures[name] = (failures[name] ?? 0) + 1
      } else files.set(image, { bytes, pixels: width * height })
      if (evaluated.cpuMs !== undefined) {
        const values = cpuMs.get(by.service) ?? []
        cpuMs.set(by.service, values)
        values.push(evaluated.cpuMs)
      }
      // What a service could not work on counts as nothing found.
      const findings = readFindings(evaluated)
      if (by.service === 'faceextract') faces.add(image, findings.faces, label)
      if (by.service === 'ocr') text.add(findings, label)
    }
  }
  const { images, services } = run.plan
  const has = (role: string) => services.some((service) => service.role === role)
  const known = [...files.values()]
  return rounded({
    images: images.length,
    labelled: images.filter((image) => labels.has(image)).length,
    inventory: {
      endings: countEndings(images),
      bytes: known.reduce((sum, { bytes }) => sum + bytes, 0),
      medianPixels: median(known.map(({ pixels }) => pixels)),
    },
    ...{ used, failures },
    cpuMs: Object.fromEntries([...cpuMs].map(([name, values]) => [name, costOf(values)])),
    ...(has('vision-faceextract') && { faces: faces.figures() }),
    ...(has('vision-ocr') && { text: text.figures() }),
  })
}

function countEndings(images: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const image of images) {
    const ending = path.extname(image).toLowerCase()
    counts[ending] = (counts[ending] ?? 0) + 1
  }
  return counts
}

function costOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  return { median: round(median(values)), mean: round(mean) }
}
