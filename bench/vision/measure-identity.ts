import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { packVector, unpackVector } from '../../lib/envelope/pack-vector.ts'
import { round } from '../statistics.ts'
import { collectFaces, type FoundFace } from './collect-faces.ts'
import { drawIdentityPlot } from './draw-identity-plot.ts'
import { readLabelledPhotos } from './labelled-photos.ts'
import { groupByMeans } from './group-by-means.ts'
import {
  drawTransactions,
  groupAsServed,
  ratePartitions,
  type GroupPeople,
  type PartitionRates,
} from './rate-partitions.ts'
import { rounded } from './rounded.ts'
import { ratePairs, type PairCounts, type PairRates, type TemplateOf } from './rate-pairs.ts'

/** How well people are found again, by the way in which templates are made. */
export interface IdentityFigures {
  /** Faces in the varied photos, and those of them that were found. */
  readonly faces: { readonly shown: number; readonly found: number }
  readonly pairs: PairCounts
  readonly transactions: number
  /** Medians, in ms, for each face: the warp, and a run of the recogniser. */
  readonly cost: { readonly alignMs: number; readonly embedMs: number }
  /** The most that packing changes a cosine. */
  readonly packingError: number
  readonly ways: Readonly<
    Record<
      string,
      {
        readonly pairs: PairRates[]
        /** Of transactions of photos in ordinary conditions, and of photos in any of the measured ones. */
        readonly mild: PartitionRates[]
        readonly all: PartitionRates[]
      }
    >
  >
}

const thresholds = [0.3, 0.34, 0.38, 0.42, 0.46, 0.5, 0.54, 0.58]
const transactionCount = 200

interface Way {
  readonly templateOf: TemplateOf
  readonly group: GroupPeople
}

/** Each does one thing more than the one before it; `mirrored` is what the service does. */
const ways: Readonly<Record<string, Way>> = {
  aligned: { templateOf: ({ raw }) => raw, group: groupAsServed },
  'even light': { templateOf: ({ plain }) => plain, group: groupAsServed },
  mirrored: { templateOf: meanTemplate, group: groupAsServed },
  averaged: {
    templateOf: meanTemplate,
    group: (...people) => Promise.resolve(groupByMeans(...people)),
  },
}

/** Measures it on real faces, and writes the plot into `directory`. */
export async function measureIdentity(
  directory: string,
  report: (line: string) => void,
): Promise<IdentityFigures> {
  const { found, shown, alignMs, embedMs } = await collectFaces(await readLabelledPhotos(), report)
  const mild = drawTransactions(found, transactionCount, { mildOnly: true })
  const all = drawTransactions(found, transactionCount, { mildOnly: false })
  const rate = async ([way, { templateOf, group }]: readonly [string, Way]) => {
    const templates = new Map(found.map((face) => [face, templateOf(face)]))
    const known: TemplateOf = (face) => templates.get(face) ?? face.plain
    const { rates, counts } = ratePairs(found, known, thresholds)
    const figures = {
      pairs: rates.map(rounded),
      mild: (await ratePartitions(mild, group, known, thresholds)).map(rounded),
      all: (await ratePartitions(all, group, known, thresholds)).map(rounded),
    }
    return { way, counts, figures }
  }
  const rated = await Promise.all(Object.entries(ways).map(rate))
  const figures = {
    faces: { shown, found: found.length },
    pairs: rated[0]?.counts ?? { samePhoto: 0, otherPhoto: 0, different: 0 },
    transactions: transactionCount,
    cost: { alignMs: round(alignMs), embedMs: round(embedMs) },
    packingError: measurePacking(found),
    ways: Object.fromEntries(rated.map(({ way, figures: of }) => [way, of])),
  }
  await mkdir(directory, { recursive: true })
  const plot = path.join(directory, 'identity.svg')
  await writeFile(plot, drawIdentityPlot(figures))
  report(`plot: ${plot}`)
  return figures
}

function meanTemplate({ plain, mirrored }: FoundFace): Float32Array {
  const sum = plain.map((component, at) => component + (mirrored[at] ?? 0))
  const length = Math.hypot(...sum)
  return sum.map((component) => component / length)
}

function measurePacking(faces: readonly FoundFace[]): number {
  const exact = faces.map(meanTemplate)
  const packed = exact.map((template) => unpackVector(packVector(template)))
  const cosine = (templates: readonly Float32Array[], one: number, other: number) =>
    templates[one]?.reduce(
      (sum, component, at) => sum + component * (templates[other]?.[at] ?? 0),
      0,
    ) ?? 0
  let most = 0
  for (let one = 0; one < exact.length; one += 1) {
    for (let other = 0; other < one; other += 1) {
      most = Math.max(most, Math.abs(cosine(exact, one, other) - cosine(packed, one, other)))
    }
  }
  return Number(most.toFixed(5))
}
