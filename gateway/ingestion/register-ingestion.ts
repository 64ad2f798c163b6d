import type { FastifyRequest } from 'fastify'
import type { TokenVerifier } from '../../lib/token/verified-token.ts'
import type { App } from '../create-app.ts'
import { retryAfterMs } from '../retry-after.ts'
import { authoriseIngest, type IngestRight } from './authorise-ingest.ts'
import type { Admission } from './create-admission.ts'
import { ingestImages, type IngestDependencies } from './ingest-images.ts'
import type { IdentifiedImage, PostContext } from './ingest-envelopes.ts'
import { ingestSchema } from './ingest-schema.ts'
import { ingestionProblem } from './ingestion-problems.ts'
import { readAnnouncedImages, readTransactionId } from './read-parameters.ts'

/** What the route needs. */
export interface IngestionDependencies extends IngestDependencies {
  readonly tokens: TokenVerifier
  readonly admission: Admission
  readonly now: () => Date
  readonly onIngested: (images: readonly IdentifiedImage[]) => void
}

/** What was found before the body is read. */
interface Admitted {
  readonly right: IngestRight
  readonly context: PostContext
  readonly contentType: string | undefined
}

interface IngestRoute {
  Params: { transactionId: string }
  Querystring: { images?: unknown }
}

/** Adds `POST /ingest/v1/{transactionId}`. The checks are made in the order of precedence of their statuses. */
export function registerIngestion(app: App, deps: IngestionDependencies): void {
  void app.register((scope, _options, done) => {
    // The body is read by the handler, within limits of its own.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    // Parameters are checked after the token, not before.
    scope.setValidatorCompiler(() => () => true)
    const admitted = new WeakMap<FastifyRequest['raw'], Admitted>()
    scope.route<IngestRoute>({
      method: 'POST',
      url: '/ingest/v1/:transactionId',
      schema: ingestSchema,
      async onRequest(request) {
        admitted.set(request.raw, await admit(request, deps))
        // The type is found in the bytes: a header that the framework cannot read is no reason to refuse.
        delete request.raw.headers['content-type']
      },
      async handler(request) {
        const post = admitted.get(request.raw)
        if (post === undefined) throw new TypeError('a request reached its handler unchecked')
        const images = await ingestImages({ ...post, message: request.raw }, deps)
        deps.onIngested(images)
        request.event['images'] = images.map(({ imageId }) => imageId)
        request.event['bytes'] = images.reduce((sum, { content }) => sum + content.length, 0)
        return receipt(post.context, images)
      },
    })
    done()
  })
}

async function admit(
  request: FastifyRequest<IngestRoute>,
  deps: IngestionDependencies,
): Promise<Admitted> {
  const { headers, event } = request
  const ingestedAt = deps.now()
  const right = await authoriseIngest(headers.authorization, { ...deps, at: ingestedAt })
  const { clientId, token, claim } = right
  event['clientId'] = clientId
  takeFirstImage(right, deps)
  deps.admission.admit({ clientId, declaredBytes: Number(headers['content-length'] ?? 0) })
  const correlationId = readTransactionId(request.params.transactionId)
  event['correlationId'] = correlationId
  if (claim.synthetic) event['synthetic'] = true
  const announcedImages = readAnnouncedImages(request.query.images)
  const { traceparent } = request
  const { synthetic = false } = claim
  return {
    right: { clientId, token, claim },
    context: {
      clientId,
      correlationId,
      token,
      ingestedAt,
      traceparent,
      announcedImages,
      synthetic,
    },
    contentType: headers['content-type'],
  }
}

function takeFirstImage({ clientId, claim }: IngestRight, { rates }: IngestionDependencies): void {
  if (claim.imagesPerSecond === undefined) return
  const waitMs = rates.take(clientId, 1, claim.imagesPerSecond)
  if (waitMs === 0) return
  const detail = `${claim.imagesPerSecond} images a second are allowed`
  throw ingestionProblem('rate-exceeded', detail, { headers: retryAfterMs(waitMs) })
}

function receipt(context: PostContext, images: readonly IdentifiedImage[]) {
  return {
    transactionId: context.correlationId,
    images: images.map(({ imageId, mimeType, width, height, content }) => ({
      imageId,
      mimeType,
      width,
      height,
      bytes: content.length,
    })),
    receivedAt: context.ingestedAt.toISOString(),
  }
}
