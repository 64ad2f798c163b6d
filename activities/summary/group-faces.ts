import { comparePairs, cosineUnit, type Pairs } from './compare-pairs.ts'
import { createTurns, type Turns } from './create-turns.ts'
import { linkFaces } from './link-faces.ts'
import type { FaceKey, FaceTemplate } from './transaction-record.ts'

/** A face of a person, with its mean cosine to the person's other faces: 1 where there are none. */
export interface GroupedFace extends FaceKey {
  readonly similarity: number
}

/** Faces that are one person's. */
export interface FaceGroup {
  readonly faces: readonly GroupedFace[]
  /**
   * The lowest similarity less the highest mean cosine of one of the faces to another group; absent where the faces can be
   * compared with no other.
   */
  readonly margin?: number
}

/**
 * Faces of a transaction that are compared with each other, the surest of each image first. As many as a transaction's
 * images at most: a second of work, in turns, and 35 MB. The faces beyond stay alone, as if they had no template.
 */
export const maxComparedFaces = 2_048

/**
 * Groups faces into people by their templates: average linkage on cosines, never two faces of one image in one person. A
 * face without a template is a person of its own. Pure, and the same whatever the order and the copies of its input. Groups and
 * their faces are in the order of image and index. What takes long is done in turns with everything else in the process.
 */
export async function groupFaces(
  faces: readonly FaceKey[],
  templates: readonly FaceTemplate[],
  threshold: number,
): Promise<FaceGroup[]> {
  const known = new Map(templates.map((template) => [textOf(template), template]))
  const distinct = [...new Map(faces.map((face) => [textOf(face), face])).values()]
  const compared = distinct
    .flatMap((face) => known.get(textOf(face)) ?? [])
    .sort((a, b) => a.index - b.index || compareFaces(a, b))
    .slice(0, maxComparedFaces)
    .sort(compareFaces)
  const told = new Set(compared.map(textOf))
  const alone = distinct.filter((face) => !told.has(textOf(face)))
  const turns = createTurns()
  const groups: FaceGroup[] = alone.map(({ imageId, index }) => ({
    faces: [{ imageId, index, similarity: 1 }],
  }))
  for (const comparable of Map.groupBy(compared, ({ maker }) => maker).values())
    groups.push(...(await groupComparable(comparable, threshold, turns)))
  return groups.sort(({ faces: [a] }, { faces: [b] }) => (a && b ? compareFaces(a, b) : 0))
}

/** Groups faces with templates of one maker, sorted. */
async function groupComparable(
  faces: readonly FaceTemplate[],
  threshold: number,
  turns: Turns,
): Promise<FaceGroup[]> {
  const vectors = faces.map(({ vector }) => vector)
  const pairs = await comparePairs(vectors, turns)
  const mayLink = (one: number, other: number) => faces[one]?.imageId !== faces[other]?.imageId
  const groups = await linkFaces(pairs, { threshold, mayLink }, turns)
  const described: FaceGroup[] = []
  for (const group of groups) {
    const grouped: GroupedFace[] = []
    let nearest = -Infinity
    for (const at of group) {
      const face = faces[at]
      if (face === undefined) continue
      const means = meanCosines(pairs, at, groups)
      const { imageId, index } = face
      grouped.push({ imageId, index, similarity: means.own })
      nearest = Math.max(nearest, means.nearest)
      if (turns.isOver()) await turns.next()
    }
    const lowest = Math.min(...grouped.map(({ similarity }) => similarity))
    described.push({
      faces: grouped,
      ...(groups.length === 1 ? {} : { margin: lowest - nearest }),
    })
  }
  return described
}

/** Mean cosine of a face to the others of its own group, 1 where there are none; and the highest one to another group. */
function meanCosines(pairs: Pairs, face: number, groups: readonly (readonly number[])[]) {
  let own = 1
  let nearest = -Infinity
  for (const group of groups) {
    let sum = 0
    let count = 0
    for (const other of group) {
      if (other === face) continue
      sum += pairs.cosine(face, other)
      count += 1
    }
    if (count === group.length) nearest = Math.max(nearest, (sum * cosineUnit) / count)
    else if (count > 0) own = (sum * cosineUnit) / count
  }
  return { own, nearest }
}

// By code unit: the order must not depend on a machine's locale.
function compareFaces(a: FaceKey, b: FaceKey): number {
  return a.imageId < b.imageId ? -1 : a.imageId > b.imageId ? 1 : a.index - b.index
}

function textOf({ imageId, index }: FaceKey): string {
  return `${imageId} ${index}`
}
