import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** A server that speaks by itself, whatever the protocol says. */
export interface RawServer {
  readonly port: number
  /** How many connections were opened. */
  connections(): number
  close(): Promise<void>
}

/** Starts a server on a free port of 127.0.0.1. What arrives is read and thrown away, unless `onConnection` pauses it. */
export async function startRawServer(
  onConnection: (socket: Socket) => void,
  tls?: TlsOptions,
): Promise<RawServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const accept = (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    // Only a socket that is read notices its end.
    socket.resume()
    onConnection(socket)
  }
  const server: Server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async close() {
      sockets.forEach((socket) => socket.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The answer to every request on a connection: each chunk that arrives is taken for one. */
export function answerWith(text: string): (socket: Socket) => void {
  return (socket) => void socket.on('data', () => socket.write(text))
}
