/** Limits images per second, for each client by itself. */
export interface RateLimiter {
  /**
   * Takes images from the client's allowance: bursts of one second's worth, at least one image. Returns 0 where they were
   * taken; else the milliseconds after which they could be, and takes nothing.
   */
  take(clientId: string, images: number, imagesPerSecond: number): number
  /** Gives images back that were taken for a request that was refused for its rate after all. */
  giveBack(clientId: string, images: number): void
}

/** A token bucket, as it was at `updatedMs`. */
interface Bucket {
  tokens: number
  imagesPerSecond: number
  updatedMs: number
}

/** A bucket is some 100 bytes; from here on those that are full again, and so say nothing, are removed. */
const leastSweptSize = 1_000

/** Creates a limiter. `now` is monotonic, in milliseconds. Limits hold for one process. */
export function createRateLimiter({ now }: { now: () => number }): RateLimiter {
  const buckets = new Map<string, Bucket>()
  let sweptSize = leastSweptSize

  const refill = (bucket: Bucket): void => {
    const nowMs = now()
    const earned = ((nowMs - bucket.updatedMs) / 1000) * bucket.imagesPerSecond
    bucket.tokens = Math.min(capacityOf(bucket.imagesPerSecond), bucket.tokens + earned)
    bucket.updatedMs = nowMs
  }
  const sweep = (): void => {
    for (const [clientId, bucket] of buckets) {
      refill(bucket)
      if (bucket.tokens >= capacityOf(bucket.imagesPerSecond)) buckets.delete(clientId)
    }
    sweptSize = Math.max(leastSweptSize, buckets.size * 2)
  }

  return {
    take(clientId, images, imagesPerSecond) {
      if (buckets.size >= sweptSize) sweep()
      const bucket = buckets.get(clientId) ?? {
        tokens: capacityOf(imagesPerSecond),
        imagesPerSecond,
        updatedMs: now(),
      }
      buckets.set(clientId, bucket)
      refill(bucket)
      bucket.imagesPerSecond = imagesPerSecond
      bucket.tokens = Math.min(bucket.tokens, capacityOf(imagesPerSecond))
      if (bucket.tokens < images) return ((images - bucket.tokens) / imagesPerSecond) * 1000
      bucket.tokens -= images
      return 0
    },
    giveBack(clientId, images) {
      const bucket = buckets.get(clientId)
      if (bucket !== undefined) bucket.tokens += images
    },
  }
}

/** One second's worth, at least one image. */
function capacityOf(imagesPerSecond: number): number {
  return Math.max(1, imagesPerSecond)
}
