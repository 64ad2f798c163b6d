import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * The endpoints of the bench, in a process of its own: answers every POST with 204 and notes when each id arrived first.
 * `GET /count` tells how many ids have arrived, `GET /take` hands over `{id: ms}` and forgets it.
 */
let arrivals = new Map<string, number>()

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    const taken = request.url === '/take'
    response.end(taken ? JSON.stringify(Object.fromEntries(arrivals)) : String(arrivals.size))
    if (taken) arrivals = new Map()
    return
  }
  const id = String(request.headers['webhook-id'])
  if (!arrivals.has(id)) arrivals.set(id, performance.timeOrigin + performance.now())
  request.resume().on('end', () => response.writeHead(204).end())
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
