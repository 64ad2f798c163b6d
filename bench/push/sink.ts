import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createRequestReader, headerOf } from './create-request-reader.ts'
import { machineMs } from '../machine-clock.ts'
import type { SinkReport, SinkRequest } from './start-sink.ts'

/**
 * The endpoints of the bench, in a process of its own, driven by its parent's messages. By the first part of the path:
 * `/ok` is answered with 200 at once and the first arrival of its id is noted, `/refuse` with 503, `/slow` with 200 after a
 * while, `/tarpit` never. A raw server with a minimal parser, which keeps connections alive: see `createRequestReader`.
 */

const ok = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
const refused = Buffer.from('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n')
/** Well below the time that an endpoint has for its answer. */
const slowMs = 3_000

let arrivals = new Map<string, number>()
let copies = 0
let wanted = Infinity
const sockets = new Set<Socket>()

const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  const read = createRequestReader((head) => answer(socket, head))
  socket.on('data', read)
  socket.on('error', () => socket.destroy())
  socket.on('close', () => sockets.delete(socket))
})

function answer(socket: Socket, head: string): void {
  if (head.startsWith('POST /ok')) {
    socket.write(ok)
    note(headerOf(head, 'webhook-id'))
  } else if (head.startsWith('POST /refuse')) socket.write(refused)
  else if (head.startsWith('POST /slow')) setTimeout(() => socket.write(ok), slowMs)
}

function note(id: string): void {
  if (arrivals.has(id)) copies += 1
  else arrivals.set(id, machineMs())
  if (arrivals.size >= wanted) handOver()
}

function handOver(): void {
  report({ type: 'arrivals', arrivals, copies })
  arrivals = new Map()
  copies = 0
  wanted = Infinity
}

function listen(port: number): void {
  server.listen(port, '127.0.0.1', () =>
    report({ type: 'up', port: (server.address() as AddressInfo).port }),
  )
}

function closeAll(): void {
  server.close(() => report({ type: 'down' }))
  for (const socket of sockets) socket.destroy()
}

function report(message: SinkReport): void {
  process.send?.(message)
}

process.on('message', (request: SinkRequest) => {
  if (request.type === 'up') listen(request.port)
  else if (request.type === 'down') closeAll()
  else if (request.type === 'count') report({ type: 'count', count: arrivals.size })
  else {
    wanted = request.count
    if (arrivals.size >= wanted) handOver()
  }
})
process.on('disconnect', () => process.exit(0))
