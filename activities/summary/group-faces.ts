import { unpackVector } from '../../lib/envelope/pack-vector.ts'
import { comparePairs, cosineUnit, type Pairs } from './compare-pairs.ts'
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
 * images at most: two seconds of work and 25 MB. The faces beyond stay alone, as if they had no template.
 */
export const maxComparedFaces = 2_048

/**
 * Groups faces into people by their templates: average linkage on cosines, never two faces of one image in one person. A
 * face without a template is a person of its own. Pure, and the same whatever the order and the copies of its input. Groups and
 * their faces are in the order of image and index.
 */
export function groupFaces(
  faces: readonly FaceKey[],
  templates: readonly FaceTemplate[],
  threshold: number,
): FaceGroup[] {
  const known = new Map(templates.map((template) => [textOf(template), template]))
  const distinct = [...new Map(faces.map((face) => [textOf(face), face])).values()]
  const compared = distinct
    .flatMap((face) => known.get(textOf(face)) ?? [])
    .sort((a, b) => a.index - b.index || compareFaces(a, b))
    .slice(0, maxComparedFaces)
    .sort(compareFaces)
  const told = new Set(compared.map(textOf))
  const alone = distinct.filter((face) => !told.has(textOf(face)))
  return [
    ...[...Map.groupBy(compared, ({ maker }) => maker).values()].flatMap((comparable) =>
      groupComparable(comparable, threshold),
    ),
    ...alone.map(({ imageId, index }) => ({ faces: [{ imageId, index, similarity: 1 }] })),
  ].sort(({ faces: [a] }, { faces: [b] }) => (a && b ? compareFaces(a, b) : 0))
}

/** Groups faces with templates of one maker, sorted. */
function groupComparable(faces: readonly FaceTemplate[], threshold: number): FaceGroup[] {
  const pairs = comparePairs(faces.map(({ vector }) => unpackVector(vector)))
  const groups = linkFaces(pairs, {
    threshold,
    mayLink: (one, other) => faces[one]?.imageId !== faces[other]?.imageId,
  })
  return groups.map((group) => {
    const others = groups.filter((other) => other !== group)
    const similarities = group.map((face) => meanCosine(pairs, face, group))
    const nearest = group.map((face) =>
      Math.max(...others.map((other) => meanCosine(pairs, face, other))),
    )
    return {
      faces: group.flatMap((at, place) => {
        const face = faces[at]
        if (face === undefined) return []
        const { imageId, index } = face
        return [{ imageId, index, similarity: similarities[place] ?? 1 }]
      }),
      ...(others.length === 0 ? {} : { margin: Math.min(...similarities) - Math.max(...nearest) }),
    }
  })
}

/** Mean cosine of a face to the others of a group; 1 where there are none. */
function meanCosine(pairs: Pairs, face: number, group: readonly number[]): number {
  let sum = 0
  let count = 0
  for (const other of group) {
    if (other === face) continue
    sum += pairs.cosine(face, other)
    count += 1
  }
  return count === 0 ? 1 : (sum * cosineUnit) / count
}

// By code unit: the order must not depend on a machine's locale.
function compareFaces(a: FaceKey, b: FaceKey): number {
  return a.imageId < b.imageId ? -1 : a.imageId > b.imageId ? 1 : a.index - b.index
}

function textOf({ imageId, index }: FaceKey): string {
  return `${imageId} ${index}`
}
