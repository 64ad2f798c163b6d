import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a server that is cut again and again. */
export interface CuttingProxy {
  readonly port: number
  /** How many connections it has cut so far. */
  readonly cuts: () => number
  close(): Promise<void>
}

/** How a connection is cut. */
export type Cut = 'end' | 'reset'

/**
 * Opens a way to `host:port` on a free port of 127.0.0.1, which lets so many bytes of each answer pass as `bytesToPass` says, and
 * cuts the connection there.
 */
export async function startCuttingProxy(
  host: string,
  port: number,
  bytesToPass: () => { bytes: number; cut: Cut },
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let cuts = 0
  const server = createServer((socket) => {
    const upstream = connect(port, host)
    const { bytes, cut } = bytesToPass()
    let left = bytes
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => one.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    socket.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      if (left < 0) return
      if (chunk.length <= left) {
        left -= chunk.length
        if (!socket.write(chunk)) upstream.pause()
        return
      }
      cuts += 1
      upstream.destroy()
      if (cut === 'end') socket.end(chunk.subarray(0, left))
      else socket.write(chunk.subarray(0, left), () => socket.resetAndDestroy())
      left = -1
    })
    socket.on('drain', () => upstream.resume())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
