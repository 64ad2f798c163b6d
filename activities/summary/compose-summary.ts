import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  State,
  TransactionSummarySchema,
  type TransactionSummary,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import { agreementsOfImages } from './agreements-of-images.ts'
import { compareVersions } from './compare-versions.ts'
import { facesOfImage } from './faces-of-image.ts'
import { agreeingVersion } from './pack-summary.ts'
import { peopleOfFaces } from './people-of-faces.ts'
import type {
  ImageAnswers,
  JournalledMessage,
  TransactionKey,
  TransactionRecord,
} from './transaction-record.ts'

/**
 * Says what is known of a transaction, with what its images agree in where a token asks for that. Pure: the same record in any
 * order gives the same summary. It is complete where no announced image and no terminal message is missing.
 */
export async function composeSummary(
  key: TransactionKey,
  record: TransactionRecord,
  { revision, decidedAt }: { revision: number; decidedAt: Date },
): Promise<TransactionSummary> {
  const images = record.images.toSorted((a, b) => compareText(a.imageId, b.imageId))
  const messages = Map.groupBy(record.messages, ({ imageId }) => imageId)
  const messagesOf = ({ imageId }: ImageAnswers) => messages.get(imageId) ?? []
  const missing = images.flatMap(missingOf)
  const texts = images.flatMap((image) => textOf(image.imageId, messagesOf(image)))
  const missingImages = Math.max(0, record.announced - images.length)
  const whole = missing.length === 0 && missingImages === 0
  return create(TransactionSummarySchema, {
    state: whole ? State.COMPLETE : State.PARTIAL,
    revision,
    images: images.map((image) => ({
      imageId: image.imageId,
      services: servicesOf(messagesOf(image)),
    })),
    people: await peopleOfFaces(
      key,
      images.flatMap((image) => facesOfImage(image.imageId, messagesOf(image))),
      record,
    ),
    texts: texts.map(({ imageId, text }) => ({ imageId, text })),
    agreements: record.versions.includes(agreeingVersion) ? await agreementsOfImages(texts) : [],
    missing,
    missingImages,
    windowStart: timestampFromDate(record.windowStart),
    windowEnd: timestampFromDate(decidedAt),
  })
}

function servicesOf(messages: readonly JournalledMessage[]) {
  return messages
    .toSorted((a, b) => compareText(a.service, b.service) || compareVersions(a.version, b.version))
    .flatMap(({ service, version, content }) => {
      if (content.kind !== 'terminal') return []
      const { results, failure } = content
      return [{ service, version, results, ...(failure === undefined ? {} : { failure }) }]
    })
}

/** An image's text, as the newest version read it. */
function textOf(imageId: string, messages: readonly JournalledMessage[]) {
  const [newest] = messages
    .toSorted((a, b) => compareVersions(b.version, a.version))
    .flatMap(({ content }) => (content.kind === 'text' && content.text !== '' ? [content] : []))
  return newest === undefined ? [] : [{ imageId, text: newest.text, lines: newest.lines ?? [] }]
}

function missingOf({ imageId, expected, answered }: ImageAnswers) {
  return expected
    .filter((entry) => !answered.includes(entry))
    .sort(compareText)
    .map((entry) => {
      const [service = '', version = ''] = entry.split('/')
      return { imageId, service, version }
    })
}

// By code unit: the order must not depend on a machine's locale.
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
