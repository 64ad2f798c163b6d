import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { readBatches } from '../../clients/typescript/read-batches.ts'
import type { ReadRequest, ReadResult } from './read-streams.ts'

/**
 * Reads streams in a process of its own, driven by its parent's messages: as bytes that nobody looks at, or with the reference
 * client, which takes every message apart. Each stream is read until a line says that it has come to `until`.
 */

async function read({ url, tokens, until, filters, mode }: ReadRequest): Promise<ReadResult> {
  const startedAt = performance.now()
  const readOne = mode === 'bytes' ? readBytes : readMessages
  const results = await Promise.all(
    tokens.map((token) => readOne({ url, token, until, ...(filters && { filters }) })),
  )
  const sum = (member: 'messages' | 'bytes') =>
    results.reduce((total, result) => total + result[member], 0)
  return { ms: performance.now() - startedAt, messages: sum('messages'), bytes: sum('bytes') }
}

interface OneStream extends Pick<ReadRequest, 'url' | 'until' | 'filters'> {
  readonly token: string
}

async function readBytes({ url, token, until, filters }: OneStream) {
  const outgoing = request(`${url}/firehose/v1`, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${token}` },
  })
  outgoing.end(JSON.stringify({ filters }))
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode ?? 0}`)
  const lastWords = Buffer.from(`"lastOffset":"${until}"}\n`)
  let bytes = 0
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    const end = chunk.subarray(-lastWords.length)
    tail = end.length < lastWords.length ? Buffer.concat([tail, end]) : end
    tail = tail.subarray(-lastWords.length)
    if (tail.equals(lastWords)) break
  }
  return { bytes, messages: 0 }
}

async function readMessages({ url, token, until, filters }: OneStream) {
  let messages = 0
  let last = 0
  const options = { url, token: () => Promise.resolve(token), ...(filters && { filters }) }
  for await (const batch of readBatches(options)) {
    for (const { offset } of batch.messages) {
      const number = Number(offset)
      if (filters === undefined ? number !== last + 1 : number <= last)
        throw new Error(`offset ${offset} comes behind ${last}`)
      last = number
    }
    messages += batch.messages.length
    if (batch.lastOffset === String(until)) break
  }
  return { bytes: 0, messages }
}

process.on('message', (asked: ReadRequest) => {
  void read(asked).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
