import { IpsError } from '../errors/ips-error.ts'

/** The code of a journal that cannot hold the data, and the reason of the dead letter. */
export const journalRefused = 'journal-refused'

/** What became of a part of a batch. */
export type AppendedPart<Item, Result> =
  | { readonly appended: readonly Item[]; readonly result: Result }
  | { readonly refused: Item; readonly error: IpsError }

/**
 * Appends items in their order, all in one go; halves those that `append` rejects with `IpsError('journal-refused')`, until it
 * is the one bad item. Throws whatever else it rejects with; what was yielded before is appended.
 */
export async function* appendInParts<Item, Result>(
  items: readonly Item[],
  append: (items: readonly Item[]) => Promise<Result>,
): AsyncGenerator<AppendedPart<Item, Result>> {
  const [first] = items
  if (first === undefined) return
  try {
    const result = await append(items)
    yield { appended: items, result }
  } catch (error) {
    if (!(error instanceof IpsError) || error.code !== journalRefused) throw error
    if (items.length === 1) {
      yield { refused: first, error }
      return
    }
    const middle = Math.ceil(items.length / 2)
    yield* appendInParts(items.slice(0, middle), append)
    yield* appendInParts(items.slice(middle), append)
  }
}
