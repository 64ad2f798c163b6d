import { create } from '@bufbuild/protobuf'
import {
  PersonSchema,
  type Person,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import type { ImageFace } from './faces-of-image.ts'
import { groupFaces } from './group-faces.ts'
import { namePeople } from './name-people.ts'
import type { FaceKey, TransactionKey, TransactionRecord } from './transaction-record.ts'

/**
 * Puts every face into exactly one person, in the order of image and index. A face that cannot be compared is a person of
 * its own, without a margin. Ids are those of the people that clients were told of before, as far as these are the same.
 */
export async function peopleOfFaces(
  key: TransactionKey,
  faces: readonly ImageFace[],
  record: Pick<TransactionRecord, 'templates' | 'identityThreshold' | 'formerPeople'>,
): Promise<Person[]> {
  const boxes = new Map(faces.map((face) => [textOf(face), face.boundingBox]))
  const groups = await groupFaces(faces, record.templates, record.identityThreshold)
  const names = namePeople(
    key,
    groups.map((group) => group.faces),
    record.formerPeople,
  )
  return groups.map((group, person) =>
    create(PersonSchema, {
      personId: names[person] ?? '',
      faces: group.faces.map((face) => {
        const boundingBox = boxes.get(textOf(face))
        return {
          ...face,
          ...(boundingBox === undefined ? {} : { boundingBox: { ...boundingBox } }),
        }
      }),
      ...(group.margin === undefined ? {} : { margin: group.margin }),
    }),
  )
}

function textOf({ imageId, index }: FaceKey): string {
  return `${imageId} ${index}`
}
