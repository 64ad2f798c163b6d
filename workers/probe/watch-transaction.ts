import type { ReceivedWebhook } from './start-receiver.ts'

/** Follows the webhooks of one transaction. */
export interface TransactionWatch {
  /** Takes in a webhook, in any order and any number of times. */
  take(webhook: ReceivedWebhook): void
  /** What has not come yet, for people; empty where everything has. */
  missing(): string[]
  /** Webhooks that came again with an id that had come. */
  duplicates(): number
}

/**
 * Follows a transaction whose images each need a terminal message from each of `services` (`service/version`), and which
 * needs a complete summary of exactly these images. `images` may grow while their POSTs are under way.
 */
export function watchTransaction(
  images: ReadonlySet<string>,
  services: readonly string[],
): TransactionWatch {
  const ids = new Set<string>()
  const terminals = new Set<string>()
  let summarised: readonly string[] | undefined
  let duplicates = 0
  return {
    take(webhook) {
      if (ids.has(webhook.id)) {
        duplicates += 1
        return
      }
      ids.add(webhook.id)
      const { type, imageId, data } = webhook
      if (type === 'vision.v1m0.ImageProcessed') {
        terminals.add(`${imageId} ${String(data['service'])}/${String(data['version'])}`)
      }
      if (type === 'summary.v1m0.TransactionSummary' && data['state'] === 'STATE_COMPLETE') {
        summarised = readImageIds(data['images'])
      }
    },
    missing() {
      const lacking = [...images].flatMap((imageId) =>
        services
          .filter((service) => !terminals.has(`${imageId} ${service}`))
          .map((service) => `${service} of ${imageId}`),
      )
      const whole =
        summarised?.length === images.size && summarised.every((imageId) => images.has(imageId))
      return whole ? lacking : [...lacking, 'a complete summary of these images']
    },
    duplicates: () => duplicates,
  }
}

function readImageIds(images: unknown): string[] {
  return Array.isArray(images)
    ? images.map((image) => String((image as { imageId?: unknown }).imageId))
    : []
}
