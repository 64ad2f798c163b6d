import { Counter, Gauge, Histogram, type Registry } from '../../lib/telemetry/create-metrics.ts'

/** From a cached synthetic image to one that waited for a child that hung. */
const durationBuckets = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100]

/** What a vision process measures. */
export type VisionMetrics = ReturnType<typeof createVisionMetrics>

/** Creates the metrics of a vision process. Once per registry. */
export function createVisionMetrics(registry: Registry) {
  const registers = [registry]
  return {
    images: new Counter({
      name: 'ips_vision_images_total',
      help: 'Images that ended, by outcome: processed, failed, unauthorised, rejected',
      labelNames: ['outcome'],
      registers,
    }),
    results: new Counter({
      name: 'ips_vision_results_total',
      help: 'Result messages sent, without terminal ones',
      registers,
    }),
    failures: new Counter({
      name: 'ips_vision_failures_total',
      help: 'Images without results, by the code of the failure',
      labelNames: ['code'],
      registers,
    }),
    malformedClaims: new Counter({
      name: 'ips_vision_malformed_claims_total',
      help: 'Claims with a value that the service cannot read; they authorise nothing',
      registers,
    }),
    duration: new Histogram({
      name: 'ips_vision_image_duration_seconds',
      help: 'From the start of the work on an image until its messages were acknowledged, its wait for a child included',
      buckets: durationBuckets,
      registers,
    }),
    childrenLost: new Counter({
      name: 'ips_vision_children_lost_total',
      help: 'Child processes that ended unasked, by reason: crashed, timed-out, start-failed',
      labelNames: ['reason'],
      registers,
    }),
    children: new Gauge({
      name: 'ips_vision_children',
      help: 'Child processes that are ready to work',
      registers,
    }),
    pending: new Gauge({
      name: 'ips_vision_pending_images',
      help: 'Images in memory: those that wait and those that are worked on',
      registers,
    }),
    working: new Gauge({
      name: 'ips_vision_working_children',
      help: 'Child processes that work on an image or a question',
      registers,
    }),
    queued: new Gauge({
      name: 'ips_vision_queued_images',
      help: 'Images that wait for a child',
      registers,
    }),
  }
}
