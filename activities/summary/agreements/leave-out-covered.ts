import type { Place } from './read-fields.ts'

/** Something with the places where it stands. */
interface Placed {
  readonly places: readonly Place[]
}

/**
 * Leaves out what says nothing new: what stands nowhere but within others, one of which is in all its images, as `10115` does
 * where these have the line `10115 Berlin`. No two of `groups` stand in exactly the same words.
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
  const groupsAround = (place: Place) =>
    new Set(
      byLine
        .get(textOf(place))
        ?.filter(({ place: other }) => isWithin(place, other))
        .map(({ group }) => group),
    )
  return groups.filter(({ places }) => {
    const around = places.map((place) => ({ ...place, groups: groupsAround(place) }))
    if (around.some((place) => place.groups.size === 0)) return true
    const [first, ...others] = Array.from(
      Map.groupBy(around, ({ imageId }) => imageId).values(),
      (image) => image.map((place) => place.groups).reduce((one, other) => one.union(other)),
    )
    return (
      first === undefined ||
      others.reduce((one, other) => one.intersection(other), first).size === 0
    )
  })
}

function isWithin(one: Place, other: Place): boolean {
  const isSame = other.from === one.from && other.to === one.to
  return other.from <= one.from && other.to >= one.to && !isSame
}

function textOf({ imageId, line }: Place): string {
  return `${imageId} ${line}`
}
