import type { Place } from './read-fields.ts'

/** Something with the places where it stands. */
interface Placed {
  readonly places: readonly Place[]
}

/**
 * Leaves out what says nothing new: what stands nowhere but within one and the same other text, as `Bristol` does where the line
 * `BS1 Bristol` is in the same images. No two of `groups` stand in exactly the same words.
 */
export function leaveOutCovered<Group extends Placed>(groups: readonly Group[]): Group[] {
  const byLine = new Map<string, { readonly group: Group; readonly place: Place }[]>()
  for (const group of groups) {
    for (const place of group.places) {
      const line = textOf(place)
      const others = byLine.get(line)
      if (others === undefined) byLine.set(line, [{ group, place }])
      else others.push({ group, place })
    }
  }
  const covering = (place: Place) =>
    new Set(
      byLine
        .get(textOf(place))
        ?.filter(({ place: other }) => isWithin(place, other))
        .map(({ group }) => group),
    )
  return groups.filter(({ places: [first, ...others] }) => {
    if (first === undefined) return false
    let common = covering(first)
    for (const place of others) {
      if (common.size === 0) break
      common = common.intersection(covering(place))
    }
    return common.size === 0
  })
}

function isWithin(one: Place, other: Place): boolean {
  const isSame = other.from === one.from && other.to === one.to
  return other.from <= one.from && other.to >= one.to && !isSame
}

function textOf({ imageId, line }: Place): string {
  return `${imageId} ${line}`
}
