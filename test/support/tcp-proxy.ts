import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A server behind a cable that can be pulled. */
export interface TcpProxy {
  readonly port: number
  /** Breaks every connection and refuses new ones until `plug`. */
  unplug(): void
  plug(): void
  close(): Promise<void>
}

/** Starts a proxy on loopback in front of a server. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let plugged = true
  const server = createServer((socket) => {
    if (!plugged) {
      socket.destroy()
      return
    }
    const upstream = connect(target.port, target.host)
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const unplug = () => {
    plugged = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    unplug,
    plug: () => void (plugged = true),
    async close() {
      unplug()
      server.close()
      await once(server, 'close')
    },
  }
}
