import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { HoldRequest } from './measure-idle.ts'

/** Opens streams and leaves them open, in a process of its own; says how many there are when all have begun. */

/** The process that streams verifies a token for each. */
const openingAtOnce = 50

async function hold({ url, tokens }: HoldRequest): Promise<number> {
  let next = 0
  const openSome = async () => {
    for (let token = tokens[next++]; token !== undefined; token = tokens[next++])
      await open(url, token)
  }
  await Promise.all(Array.from({ length: openingAtOnce }, openSome))
  return tokens.length
}

async function open(url: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  const outgoing = request(`${url}/firehose/v1`, { method: 'POST', agent: false, headers })
  outgoing.end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode ?? 0}`)
  response.resume()
}

process.on('message', (asked: HoldRequest) => {
  void hold(asked).then((open) => process.send?.(open))
})
process.on('disconnect', () => process.exit(0))
