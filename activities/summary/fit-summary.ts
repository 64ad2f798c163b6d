import { create, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import {
  AgreementSchema,
  ImageSchema,
  MissingSchema,
  PersonSchema,
  TransactionSummarySchema,
  type TransactionSummary,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'

/** What is left of some lists of a summary. */
type Lists = Partial<
  Pick<TransactionSummary, 'texts' | 'images' | 'agreements' | 'people' | 'missing'>
>

/** Each makes a summary smaller by `excess` bytes, or by as much as it can; what is missed least goes first. */
const cuts: readonly ((summary: TransactionSummary, excess: number) => Lists)[] = [
  cutTexts,
  ({ images }) => ({ images: images.map(withoutDetails) }),
  ({ agreements }, excess) => ({ agreements: cutLast(AgreementSchema, agreements, excess) }),
  ({ people }, excess) => ({ people: cutLast(PersonSchema, people, excess) }),
  ({ missing }, excess) => ({ missing: cutLast(MissingSchema, missing, excess) }),
  ({ images }, excess) => ({ images: cutLast(ImageSchema, images, excess) }),
]

/**
 * Leaves out the longest texts until the summary is at most `maxBytes` long; where that is not enough the details of
 * failures, then the last agreements, people, missing messages and images. What it says of each image has come in messages of
 * its own; a record that is too long would never be taken by Kafka. Always fits into a hundred bytes.
 */
export function fitSummary(summary: TransactionSummary, maxBytes: number): TransactionSummary {
  let fitting = summary
  for (const cut of cuts) {
    const excess = toBinary(TransactionSummarySchema, fitting).byteLength - maxBytes
    if (excess <= 0) return fitting
    fitting = create(TransactionSummarySchema, { ...fitting, ...cut(fitting, excess) })
  }
  return fitting
}

function cutTexts({ texts }: TransactionSummary, excess: number): Lists {
  const longestFirst = texts.toSorted((a, b) => b.text.length - a.text.length)
  const left = new Set(texts)
  let rest = excess
  for (const text of longestFirst) {
    if (rest <= 0) break
    left.delete(text)
    rest -= Buffer.byteLength(text.text)
  }
  return { texts: texts.filter((text) => left.has(text)) }
}

function withoutDetails(image: TransactionSummary['images'][number]) {
  const services = image.services.map((service) =>
    service.failure === undefined
      ? service
      : { ...service, failure: { ...service.failure, detail: '' } },
  )
  return { ...image, services }
}

/** Lists are in an order that every revision keeps, so that each leaves out the same. */
function cutLast<Schema extends DescMessage>(
  schema: Schema,
  items: readonly MessageShape<Schema>[],
  excess: number,
): MessageShape<Schema>[] {
  let left = items.length
  let rest = excess
  while (left > 0 && rest > 0) {
    left -= 1
    const item = items[left]
    if (item !== undefined) rest -= toBinary(schema, item).byteLength
  }
  return items.slice(0, left)
}
