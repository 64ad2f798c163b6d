import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { freePort } from '../../cli/stand-in.ts'
import {
  createTestFirehose,
  openStream,
  testMessages,
  type TestFirehose,
} from '../../support/firehose.ts'
import { startRole } from '../../support/start-role.ts'

interface Operation {
  readonly requestBody: { readonly content: object }
  readonly responses: Readonly<Record<string, { readonly content: object }>>
}

describe.each(['firehose-stream', 'gateway'] as const)('the role %s', (role) => {
  let firehose: TestFirehose
  beforeAll(async () => (firehose = await createTestFirehose()))
  afterAll(() => firehose.stop())

  test('streams, describes it, and ends its streams in order when it is stopped', async () => {
    const clientId = randomUUID()
    await firehose.append(clientId, testMessages(2))
    const token = await firehose.token(clientId)
    const port = await freePort()
    const environment = { ...firehose.environment, HTTP_PORT: String(port) }
    const running = await startRole(role, environment)
    const stream = await openStream(port, token)
    expect(await stream.messages(2)).toMatchObject([{ id: 'm1' }, { id: 'm2' }])
    const document = (await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json()) as {
      paths: Record<string, { post: Operation }>
    }
    const operation = document.paths['/firehose/v1']?.post
    expect(Object.keys(operation?.requestBody.content ?? {})).toEqual(['application/json'])
    expect(Object.keys(operation?.responses ?? {})).toEqual(
      [200, 400, 401, 403, 406, 409, 410, 413, 503].map(String),
    )
    expect(Object.keys(operation?.responses['200']?.content ?? {})).toEqual([
      'application/x-ndjson',
      'application/x-protobuf',
    ])
    const stopped = running.stop()
    expect(await stream.next()).toEqual({ messages: [], lastOffset: '2', end: 'restart' })
    expect(await stream.next()).toBeUndefined()
    await stopped
    expect(running.events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['stream.ended', 'process.stopped']),
    )
  })
})
