import { maxAssertionSeconds } from '../../lib/token/verify-assertion.ts'

/** An assertion may come so long before it ends, the skew of both clocks included. */
const lifeMs = (maxAssertionSeconds + 90) * 1_000
/** Kept twice, about 250 bytes each: a hundred devices a second show one each. */
const maxPerGeneration = 50_000

/** Which assertions were used in this process: while the database cannot say it, and after. */
export interface UsedAssertions {
  wasUsed(assertion: AssertionId): boolean
  /** Notes a use; false where there is no room, by which what was used is not all known for a while. */
  add(assertion: AssertionId): boolean
  /** False where some uses of the last minutes are not known. */
  isComplete(): boolean
}

/** What makes an assertion one. */
export interface AssertionId {
  readonly clientId: string
  readonly jti: string
}

/** Creates the memory: two generations, of which the older is forgotten when nothing in it can count any more. */
export function createUsedAssertions(elapsedMs: () => number): UsedAssertions {
  let present = new Set<string>()
  let former = new Set<string>()
  let beganMs = elapsedMs()
  let completeAtMs = -Infinity
  const turn = () => {
    const ageMs = elapsedMs() - beganMs
    if (ageMs < lifeMs) return
    former = ageMs < 2 * lifeMs ? present : new Set()
    present = new Set()
    beganMs = elapsedMs()
  }
  const keyOf = ({ clientId, jti }: AssertionId) => `${clientId} ${jti}`
  return {
    wasUsed(assertion) {
      turn()
      const key = keyOf(assertion)
      return present.has(key) || former.has(key)
    },
    add(assertion) {
      turn()
      if (present.size < maxPerGeneration) {
        present.add(keyOf(assertion))
        return true
      }
      completeAtMs = elapsedMs() + lifeMs
      return false
    },
    isComplete: () => elapsedMs() >= completeAtMs,
  }
}
