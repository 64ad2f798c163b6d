import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import path from 'node:path'
import { pino } from 'pino'
import { createApp, listen } from '../../gateway/create-app.ts'
import { firehoseStreamSettings } from '../../gateway/firehose/firehose-settings.ts'
import { mountFirehose } from '../../gateway/firehose/mount-firehose.ts'
import { createClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { createMetrics, type Registry } from '../../lib/telemetry/create-metrics.ts'
import { createFirehoseJournal } from '../../workers/firehose/journal/create-firehose-journal.ts'
import { createTestDatabases } from './postgres.ts'
import { createTestKeys, issueTestToken, type TestToken } from './tokens.ts'

/** The firehose's journal on the real server, and its stream on a port of its own. */
export interface TestFirehose {
  readonly port: number
  readonly pool: Pool
  readonly metrics: Registry
  /** With which a process of the role `firehose-stream` serves the same. */
  readonly environment: Readonly<Record<string, string>>
  /** Appends messages as the filler does, rendered like a real one. */
  append(clientId: string, messages: readonly TestMessage[]): Promise<number>
  /** Erases the client's key, as its erasure begins. */
  eraseKey(clientId: string): Promise<boolean>
  /** A token with the claim, for an hour. */
  token(clientId: string, token?: Omit<TestToken, 'clientId'>): Promise<string>
  /** Sends the request, and resolves when its answer begins. */
  open(token: string, options?: OpenOptions): Promise<TestStream>
  /** Ends the server in order. */
  closeApp(): Promise<void>
  stop(): Promise<void>
}

/** What differs between a test's messages. */
export interface TestMessage {
  readonly id: string
  readonly type?: string
  readonly correlationId?: string
  readonly text?: string
}

/** How a stream is asked for. */
export interface OpenOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Another way to the server. */
  readonly port?: number
}

/** An answer, taken only as fast as it is read. */
export interface TestStream {
  readonly response: IncomingMessage
  readonly status: number
  /** Its next line, parsed; `undefined` at its end. Rejects where it is cut. */
  next: () => Promise<StreamLine | undefined>
  /** Lines until so many messages have come. */
  messages(count: number): Promise<StreamedLineMessage[]>
  /** All of it. */
  text: () => Promise<string>
  /** Leaves at once. */
  destroy: () => void
}

export interface StreamedLineMessage {
  readonly offset: string
  readonly id: string
  readonly type: string
  readonly correlationId: string
}

export interface StreamLine {
  readonly messages: readonly StreamedLineMessage[]
  readonly lastOffset: string
  readonly end?: string
}

const timestamp = '2026-11-24T06:00:00.123Z'

/** Starts it. `environment` is read as the process's would be. */
export async function createTestFirehose(
  environment: Readonly<Record<string, string>> = {},
): Promise<TestFirehose> {
  const databases = createTestDatabases()
  const tokenKeys = await createTestKeys()
  const pool = await databases.createDatabase(
    'ips_firehose',
    path.resolve('workers/firehose/schema'),
    journalPoolSettings,
  )
  const clientKeys = createClientKeys(path.join(tokenKeys.directory, 'clients', 'firehose'))
  const journal = createFirehoseJournal(pool, clientKeys)
  const whole = {
    POSTGRES_URL: databases.url,
    POSTGRES_DATABASE_PREFIX: databases.prefix,
    IPS_KEYS_DIRECTORY: tokenKeys.directory,
    TOKEN_ISSUER: tokenKeys.issuer,
    ...environment,
  }
  const config = readConfig(firehoseStreamSettings, whole)
  const metrics = createMetrics('firehose-stream')
  const logger = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' })
  const app = createApp({ logger, metrics })
  const service = mountFirehose(app, { config, logger, metrics })
  const port = await listen(app, { httpHost: '127.0.0.1', httpPort: 0 })
  return {
    ...{ port, pool, metrics, environment: whole },
    async append(clientId, messages) {
      const key = await clientKeys.keyFor(clientId)
      return journal.append(messages.map((message) => ({ key, ...renderTestMessage(message) })))
    },
    eraseKey: (clientId) => clientKeys.erase(clientId),
    token: (clientId, token) =>
      issueTestToken(tokenKeys, { clientId, rights: { 'firehose-1.*': true }, ...token }),
    open: (token, options) => openStream(port, token, options),
    closeApp: () => app.close(),
    async stop() {
      await app.close()
      await service.stop()
      await databases.drop()
      await tokenKeys.remove()
    },
  }
}

/** Messages `m1`, `m2`… */
export function testMessages(
  count: number,
  from = 1,
  rest: Partial<TestMessage> = {},
): TestMessage[] {
  return Array.from({ length: count }, (_, index) => ({ ...rest, id: `m${from + index}` }))
}

function renderTestMessage(message: TestMessage) {
  const { id, type = 'ocr.v1m0.RecognizedText', correlationId = 'case', text = 'text' } = message
  const data = {
    '@type': `type.googleapis.com/com.reactivearchitecturecookbook.${type}`,
    ...(type === 'ocr.v1m0.RecognizedText' && { text }),
  }
  const rendered = { id, type, timestamp, correlationId, imageId: 'f'.repeat(32), data }
  return { messageId: id, type, correlationId, json: Buffer.from(JSON.stringify(rendered)) }
}

/** Asks for a stream; without a token where it is empty. */
export async function openStream(
  serverPort: number,
  token: string,
  { body, headers = {}, port = serverPort }: OpenOptions = {},
): Promise<TestStream> {
  const outgoing = request({
    ...{ host: '127.0.0.1', port, method: 'POST', path: '/firehose/v1', agent: false },
    headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers },
  })
  outgoing.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body))
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  // Whoever leaves is not told that it was early.
  outgoing.on('error', () => undefined)
  return readStream(response, () => outgoing.destroy())
}

function readStream(response: IncomingMessage, destroy: () => void): TestStream {
  const chunks = response.iterator({ destroyOnReturn: false })
  let rest = ''
  const next = async (): Promise<StreamLine | undefined> => {
    for (;;) {
      const end = rest.indexOf('\n')
      if (end >= 0) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 1)
        return JSON.parse(line) as StreamLine
      }
      const { done, value } = (await chunks.next()) as IteratorResult<string, undefined>
      if (done === true) return undefined
      rest += value
    }
  }
  response.setEncoding('utf8')
  return {
    ...{ response, next, destroy },
    status: response.statusCode ?? 0,
    async messages(count) {
      const messages: StreamedLineMessage[] = []
      while (messages.length < count) {
        const line = await next()
        if (line?.end !== undefined || line === undefined) throw new Error('it has ended')
        messages.push(...line.messages)
      }
      return messages
    },
    async text() {
      for await (const chunk of chunks) rest += String(chunk)
      return rest
    },
  }
}
