import { IpsError } from '../errors/ips-error.ts'
import { createCoalescer } from './create-coalescer.ts'
import { isRefused } from './on-journal.ts'

/** Batches of the twelve partitions of two topics may go together. */
const maxAppends = 24

/**
 * Brings the appends of several callers together in one transaction, while another one is under way. The first of them is told of
 * what all have done, the others of `nothing`. Where the journal refuses it, each has a transaction of its own, so that only the
 * one with the bad data is told so. Rejects with whatever else `append` rejects with.
 */
export function shareAppends<Item, Result>(
  append: (items: readonly Item[]) => Promise<Result>,
  nothing: Result,
): (items: readonly Item[]) => Promise<Result> {
  type Answer = { readonly result: Result } | IpsError
  const appendTogether = async (batches: readonly (readonly Item[])[]): Promise<Answer[]> => {
    try {
      const result = await append(batches.flat())
      return batches.map((_batch, index) => ({ result: index === 0 ? result : nothing }))
    } catch (error) {
      if (!isRefused(error)) throw error
      if (batches.length === 1) return [error]
      const answers: Answer[] = []
      for (const batch of batches) answers.push(...(await appendTogether([batch])))
      return answers
    }
  }
  const share = createCoalescer({ maxRequests: maxAppends, run: appendTogether })
  return async (items) => {
    const answer = await share(items)
    if (answer instanceof IpsError) throw answer
    return answer.result
  }
}
