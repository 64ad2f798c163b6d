import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { batchOf, bodyOf, parcelOf } from '../../../activities/delivery/parcel.ts'

const message = (messageId: string, body: string) => ({
  position: 1,
  origin: 1,
  messageId,
  correlationId: 'case',
  traceparent: '',
  body,
})

describe('a parcel', () => {
  test('of one message is that message, byte for byte', () => {
    const parcel = parcelOf(message('one', '{"text":"grüße"}'))
    expect(parcel.id).toBe('one')
    expect(bodyOf(parcel).toString()).toBe('{"text":"grüße"}')
  })

  test('of several is the array of them, each with its id first', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => {
      const { id: _id, ...rest } = value
      return rest
    })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), object), { minLength: 1 }), (members) => {
        const batch = batchOf(
          members.map(([id, value]) => message(id, JSON.stringify(value))),
          true,
        )
        const text = bodyOf(batch).toString()
        const wanted = members.map(
          ([id, value]) => JSON.parse(JSON.stringify({ id, ...value })) as unknown,
        )
        expect(JSON.parse(text)).toEqual(wanted)
        expect(text.startsWith('[{"id":')).toBe(true)
      }),
    )
  })

  test('of several has an id that its members make', () => {
    const batch = batchOf([message('one', '{}'), message('two', '{}')], true)
    const digest = createHash('sha256').update('one\ntwo').digest('hex')
    expect(batch.id).toBe(`batch_${digest.slice(0, 32)}`)
    expect(batchOf([message('two', '{}'), message('one', '{}')], true).id).not.toBe(batch.id)
  })
})
