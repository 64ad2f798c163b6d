import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import {
  PersonSchema,
  type Person,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import type { ImageFace } from './faces-of-image.ts'
import type { TransactionKey } from './transaction-record.ts'

/** Hex digits of a person's id: unique within a transaction is all that it must be. */
const personIdLength = 16

/**
 * Puts every face into exactly one person. Faces are not compared across images yet, so each is a person of its own, with
 * similarity 1 (there is no other face of the person) and without a margin (nothing is known of the distance to others).
 * A person's id is that of its first face: the same in every revision.
 */
export function peopleOfFaces(key: TransactionKey, faces: readonly ImageFace[]): Person[] {
  return faces.map(({ imageId, index, boundingBox }) =>
    create(PersonSchema, {
      personId: personIdOf(key, imageId, index),
      faces: [
        {
          imageId,
          index,
          similarity: 1,
          ...(boundingBox === undefined ? {} : { boundingBox: { ...boundingBox } }),
        },
      ],
    }),
  )
}

function personIdOf({ clientId, correlationId }: TransactionKey, imageId: string, index: number) {
  return createHash('sha256')
    .update(JSON.stringify(['person', clientId, correlationId, imageId, index]))
    .digest('hex')
    .slice(0, personIdLength)
}
