import type { FoundFace } from './collect-faces.ts'
import type { TemplateOf } from './rate-pairs.ts'

/** Faces that are one person's; and its scalar products with each group, of the sums of their templates. */
interface Group {
  readonly faces: readonly FoundFace[]
  readonly products: Map<Group, number>
  /** With itself. */
  readonly square: number
}

/**
 * Groups faces as the summary service does, but compares groups by the cosine of their mean templates (centroid linkage) and
 * not by the mean cosine of their faces: what averaging the templates of a person would give. For some dozens of faces.
 */
export function groupByMeans(
  faces: readonly FoundFace[],
  templateOf: TemplateOf,
  threshold: number,
): FoundFace[][] {
  const groups = new Set<Group>()
  for (const face of faces) {
    const template = templateOf(face)
    const products = new Map<Group, number>()
    const group = { faces: [face], products, square: dotProduct(template, template) }
    for (const other of groups) {
      const [known] = other.faces
      const product = known === undefined ? 0 : dotProduct(template, templateOf(known))
      products.set(other, product)
      other.products.set(group, product)
    }
    groups.add(group)
  }
  for (;;) {
    const pair = findNearest([...groups], threshold)
    if (pair === undefined) return [...groups].map((group) => [...group.faces])
    unite(groups, pair)
  }
}

function findNearest(
  groups: readonly Group[],
  threshold: number,
): readonly [Group, Group] | undefined {
  let best: { readonly pair: readonly [Group, Group]; readonly cosine: number } | undefined
  for (const [index, one] of groups.entries()) {
    for (const other of groups.slice(0, index)) {
      const cosine = (one.products.get(other) ?? 0) / Math.sqrt(one.square * other.square)
      if (cosine < threshold || cosine <= (best?.cosine ?? -1)) continue
      if (!shareImage(one.faces, other.faces)) best = { pair: [one, other], cosine }
    }
  }
  return best?.pair
}

function unite(groups: Set<Group>, [one, other]: readonly [Group, Group]): void {
  groups.delete(one)
  groups.delete(other)
  const square = one.square + other.square + 2 * (one.products.get(other) ?? 0)
  const products = new Map<Group, number>()
  const united = { faces: [...one.faces, ...other.faces], products, square }
  for (const third of groups) {
    const product = (one.products.get(third) ?? 0) + (other.products.get(third) ?? 0)
    products.set(third, product)
    third.products.set(united, product)
  }
  groups.add(united)
}

function shareImage(some: readonly FoundFace[], others: readonly FoundFace[]): boolean {
  return some.some((one) =>
    others.some((other) => one.photo === other.photo && one.variation === other.variation),
  )
}

function dotProduct(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0)
  return sum
}
