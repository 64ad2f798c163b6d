import { createHash } from 'node:crypto'
import type { FaceKey, FormerPerson, TransactionKey } from './transaction-record.ts'

/** Hex digits of a person's id: unique within a transaction is all that it must be. */
const personIdLength = 16

/**
 * Gives people their ids, in their order. A person keeps the id of the former person with whom it shares the most faces; of
 * equal ones the first by its id. A new person's id comes from its first face; a former person's is never given to another. Ids
 * of two transactions, and so of two clients, have nothing in common.
 */
export function namePeople(
  key: TransactionKey,
  people: readonly (readonly FaceKey[])[],
  former: readonly FormerPerson[],
): string[] {
  const names = keepNames(people, former)
  const taken = new Set(former.map(({ personId }) => personId))
  return people.map(([first], person) => {
    const name = names.get(person) ?? newName(key, first, taken)
    taken.add(name)
    return name
  })
}

/** The former ids that people keep. */
function keepNames(
  people: readonly (readonly FaceKey[])[],
  former: readonly FormerPerson[],
): Map<number, string> {
  const names = new Map<number, string>()
  const given = new Set<string>()
  for (const { person, personId } of sharedFaces(people, former)) {
    if (names.has(person) || given.has(personId)) continue
    names.set(person, personId)
    given.add(personId)
  }
  return names
}

/** Pairs of people and former people that share faces, those with the most first. */
function sharedFaces(
  people: readonly (readonly FaceKey[])[],
  former: readonly FormerPerson[],
): { person: number; personId: string; shared: number }[] {
  const owners = new Map(
    people.flatMap((faces, person) => faces.map((face) => [textOf(face), person] as const)),
  )
  const pairs = former.flatMap(({ personId, faces }) => {
    const met = faces.flatMap((face) => owners.get(textOf(face)) ?? [])
    return [...Map.groupBy(met, (person) => person)].map(([person, { length }]) => ({
      person,
      personId,
      shared: length,
    }))
  })
  return pairs.sort(
    (a, b) =>
      b.shared - a.shared ||
      (a.personId < b.personId ? -1 : a.personId > b.personId ? 1 : a.person - b.person),
  )
}

/** A face's id may be taken where the face has left a person that it once gave its id. */
function newName(
  { clientId, correlationId }: TransactionKey,
  face: FaceKey | undefined,
  taken: ReadonlySet<string>,
): string {
  for (let attempt = 0; ; attempt += 1) {
    const parts = ['person', clientId, correlationId, face?.imageId, face?.index]
    const name = createHash('sha256')
      .update(JSON.stringify(attempt === 0 ? parts : [...parts, attempt]))
      .digest('hex')
      .slice(0, personIdLength)
    if (!taken.has(name)) return name
  }
}

function textOf({ imageId, index }: FaceKey): string {
  return `${imageId} ${index}`
}
