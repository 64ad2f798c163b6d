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

/**
 * Prepares transactions of clients in turn: 3 images, announced, each with two faces by `faceextract` and a text by `ocr`,
 * with the terminal messages: 15 messages, in one piece, or in the 6 in which the services would write them.
 */
export async function prepareTransactions(
  fixture: Pick<SummaryFixture, 'issueToken'>,
  options: { readonly pieces: 1 | 6 },
): Promise<CreateTransaction> {
  return prepare(fixture, ({ image, ...of }) => {
    const all = Array.from({ length: images }, (_, number) => {
      const each = { ...of, image: number, announced: images }
      return [createFaceRecords(each, people, image(number)), createTextRecords(each, longText)]
    })
    // What the services write first of each image comes first.
    const inOrder = [0, 1].flatMap((service) => all.flatMap((parts) => parts[service] ?? []))
    if (options.pieces === 1) return [inOrder]
    return [0, 1].flatMap((service) => all.map((parts) => parts[service] ?? []))
  })
}

/** Prepares transactions that stay open for two weeks: of 3 announced images one comes, in one piece. */
export async function prepareOpenTransactions(
  fixture: Pick<SummaryFixture, 'issueToken'>,
): Promise<CreateTransaction> {
  return prepare(
    fixture,
    ({ image, ...of }) => {
      const first = { ...of, image: 0, announced: images }
      return [
        [...createFaceRecords(first, people, image(0)), ...createTextRecords(first, longText)],
      ]
    },
    { windowSeconds: 14 * 24 * 60 * 60 },
  )
}

/** Three lines of a parcel's label, so that texts of images agree. */
const longText = 'PARCEL 4711 0815 2026\nJane Doe, 12 Example Road\nfragile, this side up'

interface Parts {
  readonly clientId: string
  readonly correlationId: string
  readonly token: string
  /** The templates of the faces of an image. */
  readonly image: (number: number) => readonly Float32Array[]
}

async function prepare(
  { issueToken }: Pick<SummaryFixture, 'issueToken'>,
  write: (parts: Parts) => Transaction['pieces'],
  claim: unknown = true,
): Promise<CreateTransaction> {
  const tokens = await Promise.all(
    Array.from({ length: clients }, (_, client) => issueToken(`client-${client}`, claim)),
  )
  const faces = drawFaces()
  let created = 0
  return (correlationId) => {
    const client = created++ % clients
    const clientId = `client-${client}`
    const image = (number: number) => faces[number] ?? []
    const parts = { clientId, correlationId, token: tokens[client] ?? '', image }
    return { clientId, correlationId, pieces: write(parts) }
  }
}

/** The templates of each image's faces: the same people on all. */
function drawFaces(): Float32Array[][] {
  const draw = () => Float32Array.from({ length: faceComponents }, () => Math.random() - 0.5)
  const known = Array.from({ length: people }, draw)
  return Array.from({ length: images }, () =>
    known.map((person) => {
      const difference = draw()
      return person.map((component, at) => component + noise * (difference[at] ?? 0))
    }),
  )
}
