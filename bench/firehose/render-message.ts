import type { PackedMessage } from '../../workers/firehose/journal/pack-block.ts'

/** Of a message as the journal holds it. */
export const messageBytes = 1_024
/** One in so many messages is of the rare type. */
export const rarity = 10
export const rareType = 'vision.v1m0.ImageProcessed'
const usualType = 'ocr.v1m0.RecognizedText'

/** A message of 1 KiB, rendered as the filler renders a real one. */
export function renderMessage(number: number): PackedMessage & { readonly messageId: string } {
  const messageId = `message-${number}`
  const type = number % rarity === 0 ? rareType : usualType
  const correlationId = `case-${Math.floor(number / rarity)}`
  const render = (text: string) =>
    JSON.stringify({
      ...{ id: messageId, type, timestamp: '2026-11-24T06:00:00.123Z', correlationId },
      imageId: '0123456789abcdef0123456789abcdef',
      data: {
        '@type': `type.googleapis.com/com.reactivearchitecturecookbook.${type}`,
        text,
      },
    })
  const json = render('x'.repeat(messageBytes - render('').length))
  return { messageId, type, correlationId, json: Buffer.from(json) }
}
