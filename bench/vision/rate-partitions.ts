import { groupFaces } from '../../activities/summary/group-faces.ts'
import { packVector } from '../../lib/envelope/pack-vector.ts'
import type { FoundFace } from './collect-faces.ts'
import type { TemplateOf } from './rate-pairs.ts'
import { variations } from './vary-photo.ts'

/** What becomes of transactions at a threshold, as parts of them. */
export interface PartitionRates {
  readonly threshold: number
  /** Every person is one, and nobody else is in it. */
  readonly exact: number
  /** Some person holds the faces of two. */
  readonly wronglyJoined: number
  /** Some person is told as two. */
  readonly split: number
}

/** Photos of a transaction, each in a variation of its own: of a sample photo, and of known people. */
const samplePhotos = 3
const knownPhotos = 3

/** Makes transactions of the found faces by chance, the same ones each time, of all variations or the mild ones. */
export function drawTransactions(
  faces: readonly FoundFace[],
  count: number,
  { mildOnly }: { mildOnly: boolean },
): FoundFace[][] {
  const pick = createPicker()
  const filesOf = (source: string) => [
    ...new Set(faces.filter(({ photo }) => photo.source === source).map(({ photo }) => photo.file)),
  ]
  const names = variations
    .filter(({ isMild = false }) => isMild || !mildOnly)
    .map(({ name }) => name)
  const [samples, known] = [filesOf('samples'), filesOf('white-house')]
  return Array.from({ length: count }, () => {
    // Of one sample photo only: nobody knows who of the samples is in two.
    const [sample = ''] = pick(samples, 1)
    const images = [
      ...pick(names, samplePhotos).map((name) => imageOf(sample, name)),
      ...pick(known, knownPhotos).map((file) => imageOf(file, pick(names, 1)[0] ?? '')),
    ]
    return faces.filter(({ photo, variation }) => images.includes(imageOf(photo.file, variation)))
  })
}

/** Groups faces into people. */
export type GroupPeople = (
  faces: readonly FoundFace[],
  templateOf: TemplateOf,
  threshold: number,
) => Promise<readonly (readonly FoundFace[])[]>

/** Groups the faces of each transaction, and says what becomes of them. */
export async function ratePartitions(
  transactions: readonly (readonly FoundFace[])[],
  group: GroupPeople,
  templateOf: TemplateOf,
  thresholds: readonly number[],
): Promise<PartitionRates[]> {
  const rate = async (threshold: number) => {
    const results = await Promise.all(
      transactions.map(async (faces) => judge(await group(faces, templateOf, threshold))),
    )
    const partOf = (holds: (result: Judgement) => boolean) =>
      results.filter(holds).length / transactions.length
    return {
      threshold,
      exact: partOf(({ isJoined, isSplit }) => !isJoined && !isSplit),
      wronglyJoined: partOf(({ isJoined }) => isJoined),
      split: partOf(({ isSplit }) => isSplit),
    }
  }
  return Promise.all(thresholds.map(rate))
}

/** As the summary service does it. */
export const groupAsServed: GroupPeople = async (faces, templateOf, threshold) => {
  const templates = faces.map((face, index) => ({
    ...{ imageId: imageOf(face.photo.file, face.variation), index, maker: 'bench' },
    vector: packVector(templateOf(face)),
  }))
  const groups = await groupFaces(templates, templates, threshold)
  return groups.map((group) => group.faces.flatMap(({ index }) => faces[index] ?? []))
}

interface Judgement {
  readonly isJoined: boolean
  readonly isSplit: boolean
}

function judge(grouped: readonly (readonly FoundFace[])[]): Judgement {
  const groups = grouped.map((group) => group.map(({ person }) => person))
  const people = groups.flatMap((group) => [...new Set(group)])
  return {
    isJoined: groups.some((group) => new Set(group).size > 1),
    isSplit: new Set(people).size < people.length,
  }
}

function imageOf(file: string, variation: string): string {
  return `${file} ${variation}`
}

/** Picks different items by a linear congruential generator (Numerical Recipes' constants). */
function createPicker() {
  let state = 1
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
  return <T>(items: readonly T[], count: number): T[] => {
    const left = [...items]
    return Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(Math.floor(next() * left.length), 1),
    ).flat()
  }
}
