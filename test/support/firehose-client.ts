import type { FirehoseMessage } from '../../clients/typescript/firehose-batch.ts'

/** The offsets of the next messages; the reading can go on behind them. Throws where they are not all to come. */
export async function collect(
  messages: AsyncGenerator<FirehoseMessage, void, undefined>,
  count: number,
): Promise<string[]> {
  const offsets: string[] = []
  while (offsets.length < count) {
    const { done, value } = await messages.next()
    if (done === true) throw new Error(`it has ended behind ${offsets.length} messages`)
    if (value.id !== `m${value.offset}`) throw new Error(`${value.id} has offset ${value.offset}`)
    offsets.push(value.offset)
  }
  return offsets
}

/** `1`, `2`… */
export function offsetsUpTo(last: number): string[] {
  return Array.from({ length: last }, (_, index) => String(index + 1))
}
