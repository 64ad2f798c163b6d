import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { readBatches } from '../../../clients/typescript/read-batches.ts'

type Answer = (response: ServerResponse) => void

/** What comes of a reading that gets these answers, one after the other, and of the last one for ever. */
async function read(
  answers: readonly [Answer, ...Answer[]],
  more: Partial<Parameters<typeof readBatches>[0]> = {},
) {
  const tokens: (string | undefined)[] = []
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    tokens.push(request.headers.authorization)
    let body = ''
    request.setEncoding('utf8').on('data', (text) => (body += String(text)))
    request.on('end', () => {
      bodies.push(JSON.parse(body))
      answers[Math.min(bodies.length, answers.length) - 1]?.(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const retried: { code: string; delayMs: number }[] = []
  let issued = 0
  const batches = readBatches({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: () => Promise.resolve(`token-${(issued += 1)}`),
    retry: { firstDelayMs: 1 },
    onRetry: ({ code }, delayMs) => retried.push({ code, delayMs }),
    ...more,
  })
  return { batches, tokens, bodies, retried }
}

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

const lines =
  (...batches: readonly object[]): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
    for (const batch of batches) response.write(`${JSON.stringify(batch)}\n`)
  }
const refuse =
  (status: number, text = '', headers = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(text)
const batch = (offset: string) => ({
  messages: [{ offset, id: `m${offset}` }],
  lastOffset: offset,
})
const heartbeat = (lastOffset: string) => ({ messages: [], lastOffset })

describe('a reader of the firehose', () => {
  test('gives a connection up that has fallen silent, and goes on behind its last line', async () => {
    const { batches, bodies, retried } = await read([lines(batch('1')), lines(batch('2'))], {
      silenceMs: 1_000,
    })
    expect((await batches.next()).value).toEqual(batch('1'))
    expect((await batches.next()).value).toEqual(batch('2'))
    expect(bodies).toEqual([{}, { lastOffset: '1' }])
    expect(retried).toMatchObject([{ code: 'connection-silent' }])
    await batches.return()
  })

  test('takes no time that its reader needs for a silence', async () => {
    const { batches, bodies } = await read([lines(batch('1'), batch('2'))], { silenceMs: 1_000 })
    await batches.next()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await batches.next()).value).toEqual(batch('2'))
    expect(bodies).toHaveLength(1)
    await batches.return()
  })

  test.each([
    ['an answer of a proxy', refuse(502, '<h1>Bad Gateway</h1>'), 'answer-unknown'],
    ['a problem that passes', refuse(503, '{"code":"restarting"}'), 'restarting'],
    ['a wish for fewer requests', refuse(429), 'answer-unknown'],
  ])('tries again after %s', async (_name, answer, code) => {
    const { batches, retried } = await read([answer, lines(batch('1'))])
    expect((await batches.next()).value).toEqual(batch('1'))
    expect(retried).toMatchObject([{ code }])
    await batches.return()
  })

  test('waits for as long as the server asks for', async () => {
    const busy = refuse(503, '', { 'retry-after': '1' })
    const { batches, retried } = await read([busy, lines(batch('1'))])
    await batches.next()
    expect(retried[0]?.delayMs).toBeGreaterThanOrEqual(1_000)
    await batches.return()
  })

  test.each([
    ['a redirect', refuse(308, '', { location: 'http://127.0.0.1:1' }), 'answer-unknown'],
    [
      'another page',
      refuse(200, '<h1>Hello</h1>', { 'content-type': 'text/html' }),
      'answer-unknown',
    ],
    ['a service that is not there', refuse(404, '{"code":"not-found"}'), 'not-found'],
    [
      'the end of a client that was erased',
      lines({ ...heartbeat('0'), end: 'client-erased' }),
      'client-erased',
    ],
  ])('raises %s', async (_name, answer, code) => {
    const { batches, retried } = await read([answer])
    const drained = async () => {
      for await (const { lastOffset } of batches) expect(lastOffset).toBe('0')
    }
    await expect(drained()).rejects.toMatchObject({ name: 'FirehoseError', code })
    expect(retried).toEqual([])
  })

  test('comes back where the server ended the stream for what an operator repairs', async () => {
    const damaged = lines({ ...heartbeat('1'), end: 'client-key-damaged' })
    const { batches, retried } = await read([damaged, lines(batch('2'))], {
      retry: { firstDelayMs: 1 },
    })
    expect((await batches.next()).value).toEqual(heartbeat('1'))
    expect((await batches.next()).value).toEqual(batch('2'))
    expect(retried).toHaveLength(1)
    await batches.return()
  })

  test('raises a line that is none', async () => {
    const { batches } = await read([
      (response) => {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' })
        response.write('{"messages":\n')
      },
    ])
    await expect(batches.next()).rejects.toMatchObject({ code: 'line-malformed' })
  })

  test('asks for a new token when one is refused that was taken before, but not for ever', async () => {
    const cut: Answer = (response) => {
      lines(batch('1'))(response)
      response.end()
    }
    const { batches, tokens } = await read([cut, refuse(401), lines(batch('2')), refuse(401)])
    await batches.next()
    expect((await batches.next()).value).toEqual(batch('2'))
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2'])
    await batches.return()
    const refused = await read([refuse(401)])
    await expect(refused.batches.next()).rejects.toMatchObject({ status: 401 })
    expect(refused.tokens).toHaveLength(1)
  })

  test('waits longer and longer where every token is too old when it comes', async () => {
    const { batches, retried } = await read([lines({ ...heartbeat('0'), end: 'token-expired' })], {
      retry: { firstDelayMs: 1, forMs: 20 },
    })
    const drained = async () => {
      for await (const { lastOffset } of batches) expect(lastOffset).toBe('0')
    }
    await expect(drained()).rejects.toMatchObject({ code: 'token-expired' })
    expect(retried.length).toBeGreaterThan(0)
  })

  test('asks for a token again unless that is said to be of no use', async () => {
    let tries = 0
    const flaky = await read([lines(batch('1'))], {
      token: () =>
        (tries += 1) < 3 ? Promise.reject(new Error('away')) : Promise.resolve('token'),
    })
    expect((await flaky.batches.next()).value).toEqual(batch('1'))
    expect(flaky.retried).toMatchObject([
      { code: 'token-unavailable' },
      { code: 'token-unavailable' },
    ])
    await flaky.batches.return()
    const refused = await read([lines(batch('1'))], {
      token: () => Promise.reject(Object.assign(new Error('no'), { retryable: false })),
    })
    await expect(refused.batches.next()).rejects.toMatchObject({ code: 'token-unavailable' })
    expect(refused.retried).toEqual([])
  })

  test.each([
    ['a token', [lines(batch('1'))], { token: () => new Promise<string>(() => undefined) }],
    ['an answer', [() => undefined], {}],
    ['another try', [refuse(503, '', { 'retry-after': '200' })], {}],
  ] as const)('ends by its signal while it waits for %s', async (_name, answers, more) => {
    const stopping = new AbortController()
    const { batches } = await read(answers, { ...more, signal: stopping.signal })
    const next = batches.next()
    setTimeout(() => stopping.abort(), 100)
    expect(await next).toEqual({ done: true, value: undefined })
  })
})
