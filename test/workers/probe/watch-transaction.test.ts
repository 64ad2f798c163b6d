import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ReceivedWebhook } from '../../../workers/probe/start-receiver.ts'
import { watchTransaction } from '../../../workers/probe/watch-transaction.ts'

const services = ['faceextract/1.1', 'ocr/1.0']
const images = ['a', 'b']

function webhook(type: string, imageId: string, data: Record<string, unknown>): ReceivedWebhook {
  const id = JSON.stringify([type, imageId, data])
  const common = { correlationId: 'case', headers: {}, body: '', receivedAt: 0 }
  return { id, type, imageId, data, ...common }
}

const terminals = images.flatMap((imageId) =>
  services.map((entry) => {
    const [service, version] = entry.split('/')
    return webhook('vision.v1m0.ImageProcessed', imageId, { service, version })
  }),
)
const summary = (state: string, imageIds = images) =>
  webhook('summary.v1m0.TransactionSummary', '', {
    state,
    images: imageIds.map((imageId) => ({ imageId })),
  })
const everything = [...terminals, summary('STATE_PARTIAL'), summary('STATE_COMPLETE')]

describe('the watch on a transaction', () => {
  test('misses nothing when everything came, in any order and any number of times', () => {
    const deliveries = fc.array(fc.constantFrom(...everything), { maxLength: 5 }).chain((copies) =>
      fc.shuffledSubarray([...everything, ...copies], {
        minLength: everything.length + copies.length,
      }),
    )
    fc.assert(
      fc.property(deliveries, (received) => {
        const watch = watchTransaction(new Set(images), services)
        for (const each of received) watch.take(each)
        expect(watch.missing()).toEqual([])
        expect(watch.duplicates()).toBe(received.length - everything.length)
      }),
    )
  })

  test('misses whatever did not come', () => {
    fc.assert(
      fc.property(fc.nat({ max: terminals.length - 1 }), (left) => {
        const watch = watchTransaction(new Set(images), services)
        for (const each of everything) if (each !== terminals[left]) watch.take(each)
        const [imageId, service] = [images[left >> 1], services[left & 1]]
        expect(watch.missing()).toEqual([`${service} of ${imageId}`])
      }),
    )
  })

  test.each([
    ['a partial one', summary('STATE_PARTIAL')],
    ['one of fewer images', summary('STATE_COMPLETE', ['a'])],
    ['one of other images', summary('STATE_COMPLETE', ['a', 'c'])],
  ])('takes no summary for complete that is %s', (_, wrong) => {
    const watch = watchTransaction(new Set(images), services)
    for (const each of [...terminals, wrong]) watch.take(each)
    expect(watch.missing()).toEqual(['a complete summary of these images'])
  })
})
