import type { FastifyRequest } from 'fastify'
import type { TokenVerifier } from '../../lib/token/verified-token.ts'
import type { App } from '../create-app.ts'
import type { Random } from '../retry-after.ts'
import { authoriseStream, type StreamRight } from './authorise-stream.ts'
import { findPosition } from './find-position.ts'
import { firehoseSchema } from './firehose-schema.ts'
import { negotiateFormat, type StreamMediaType } from './negotiate-format.ts'
import { readStreamRequest } from './read-stream-request.ts'
import { serveStream, type ServeDependencies } from './serve-stream.ts'

/** What the route needs. */
export interface FirehoseDependencies extends ServeDependencies {
  readonly tokens: TokenVerifier
  readonly random: Random
}

/** What was found of a request before anything is read. */
interface Asked {
  readonly right: StreamRight
  readonly mediaType: StreamMediaType
}

/** Streams that have not ended by then, when the process ends, are cut: their clients do not read. */
const closeGraceMs = 5_000

/** Adds `POST /firehose/v1`. The checks are made in the order of precedence of the problems; closing the app ends all streams. */
export function registerFirehose(app: App, deps: FirehoseDependencies): void {
  app.addHook('preClose', () => deps.places.close(closeGraceMs))
  void app.register((scope, _options, done) => {
    // Whatever its type is called, the body is JSON, which is read after the token.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) =>
      parsed(null, body),
    )
    scope.setValidatorCompiler(() => () => true)
    const asked = new WeakMap<FastifyRequest['raw'], Asked>()
    scope.route<{ Body: string | undefined }>({
      method: 'POST',
      url: '/firehose/v1',
      schema: firehoseSchema,
      async onRequest(request) {
        const { headers } = request
        const right = await authoriseStream(headers.authorization, { ...deps, at: deps.date() })
        request.event['clientId'] = right.clientId
        asked.set(request.raw, { right, mediaType: negotiateFormat(headers.accept) })
        delete request.raw.headers['content-type']
      },
      async handler(request, reply) {
        const known = asked.get(request.raw)
        if (known === undefined) throw new TypeError('a request reached its handler unchecked')
        const wanted = readStreamRequest(request.body)
        const position = await findPosition(known.right, wanted, deps)
        await serveStream(request, reply, { ...known, asked: wanted, position }, deps)
      },
    })
    done()
  })
}
