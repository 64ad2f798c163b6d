import { setImmediate } from 'node:timers/promises'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { syntheticCount, syntheticMessage } from '../../lib/protocol/synthetic-message.ts'
import type { ServedVersion, VisionService } from './define-vision-service.ts'
import type { InferenceEngine, PackedResult } from './inference-engine.ts'

/** Results of a synthetic image at most: enough for a list, little enough to read. */
const maxSyntheticResults = 3

/**
 * Creates an engine without children and models: it answers with results generated from the protocol of the version asked
 * for, the same for the same image. Pixels and settings are not looked at. Other questions have no answer.
 */
export function createSyntheticEngine<Settings>(service: VisionService<Settings>): InferenceEngine {
  let last: Promise<unknown> = Promise.resolve()
  return {
    description: { models: [], executionProvider: 'synthetic' },
    infer({ imageId, requests }) {
      const generate = () =>
        requests.map(({ version }) => {
          const served = service.versions.find((known) => known.version === version)
          return served === undefined ? [] : generateResults(served, `${service.name}\n${imageId}`)
        })
      // One image per turn of the event loop: there is no child to do it, and heartbeats must come in between.
      const results = last.then(() => setImmediate()).then(generate)
      last = results.catch(() => undefined)
      return results
    },
    ask: (question) =>
      Promise.reject(
        new IpsError('question-synthetic', `${service.name} has no models to answer ${question}`),
      ),
    readiness: () => 'ok',
    stop: () => Promise.resolve(),
  }
}

function generateResults({ output, maxResults }: ServedVersion, seed: string): PackedResult[] {
  const count = syntheticCount(seed, Math.min(maxResults ?? Infinity, maxSyntheticResults))
  return Array.from({ length: count }, (_, ordinal) => {
    const message = syntheticMessage(output, `${seed}\n${ordinal}`, ordinal)
    const { typeUrl, value } = anyPack(output, message)
    return { typeUrl, value }
  })
}
