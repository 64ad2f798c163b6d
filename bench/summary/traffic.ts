import type { OutgoingRecord } from '../../lib/kafka/create-producer.ts'
import type { SummaryFixture } from '../../test/support/summary.ts'
import { createFaceRecords, createTextRecords } from '../../test/support/vision-messages.ts'

/** A transaction whose messages were not written yet. */
export interface Transaction {
  readonly clientId: string
  readonly correlationId: string
  /** Its messages in their order: what goes out together. */
  readonly pieces: readonly (readonly OutgoingRecord[])[]
}

/** Creates transactions. */
export type CreateTransaction = (correlationId: string) => Transaction

/** Images of a transaction, announced. */
const images = 3
/** Clients in turn: with the spread of their transactions they reach every partition. */
const clients = 8
const faceComponents = 512
/** Two people, on every image. */
const people = 2
/** How much two photos of a person differ: their cosine is about 0.7. */
const noise = 0.4

/** A parcel's label, so that texts of images agree. */
const label = 'PARCEL 4711 0815 2026\nJane Doe, 12 Example Road\nfragile, this side up'

/**
 * Prepares transactions of clients in turn: 3 images, announced, each with two faces by `faceextract` and a text by `ocr`,
 * with the terminal messages: 15 messages, in one piece, or in the 6 in which the services would write them.
 */
export function prepareTransactions(
  fixture: Pick<SummaryFixture, 'issueToken'>,
  options: { readonly pieces: 1 | 6 },
): Promise<CreateTransaction> {
  return prepare(fixture, true, (wordsOf) => {
    const words = Array.from({ length: images }, (_, image) => wordsOf(image))
    const inOrder = [...words.map(({ faces }) => faces), ...words.map(({ text }) => text)]
    return options.pieces === 1 ? [inOrder.flat()] : inOrder
  })
}

/** Prepares transactions that stay open for two weeks: of 3 announced images one comes, in one piece. */
export function prepareOpenTransactions(
  fixture: Pick<SummaryFixture, 'issueToken'>,
): Promise<CreateTransaction> {
  return prepare(fixture, { windowSeconds: 14 * 24 * 60 * 60 }, (wordsOf) => {
    const { faces, text } = wordsOf(0)
    return [[...faces, ...text]]
  })
}

/** What the services say of an image of a transaction. */
type WordsOf = (image: number) => Readonly<Record<'faces' | 'text', readonly OutgoingRecord[]>>

async function prepare(
  { issueToken }: Pick<SummaryFixture, 'issueToken'>,
  claim: unknown,
  toPieces: (wordsOf: WordsOf) => Transaction['pieces'],
): Promise<CreateTransaction> {
  const tokens = await Promise.all(
    Array.from({ length: clients }, (_, client) => issueToken(`client-${client}`, claim)),
  )
  const templates = drawTemplates()
  let created = 0
  return (correlationId) => {
    const client = created++ % clients
    const key = { clientId: `client-${client}`, correlationId }
    const pieces = toPieces((image) => {
      const of = { ...key, token: tokens[client] ?? '', image, announced: images }
      return {
        faces: createFaceRecords(of, people, templates[image]),
        text: createTextRecords(of, label),
      }
    })
    return { ...key, pieces }
  }
}

/** The templates of each image's faces: the same people on all. */
function drawTemplates(): Float32Array[][] {
  const draw = () => Float32Array.from({ length: faceComponents }, () => Math.random() - 0.5)
  const known = Array.from({ length: people }, draw)
  return Array.from({ length: images }, () =>
    known.map((person) => {
      const difference = draw()
      return person.map((component, at) => component + noise * (difference[at] ?? 0))
    }),
  )
}
