import { readdir, readFile, readlink } from 'node:fs/promises'

/** `TCP_LISTEN` in the tables of proc_net(5). */
const listening = '0A'

/** The process of this machine that listens on a TCP port, the oldest of several; `undefined` where there is none. */
export async function findListener(port: number): Promise<number | undefined> {
  const sockets = await readListeningSockets(port)
  if (sockets.size === 0) return undefined
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number)
  for (const pid of pids.toSorted((one, other) => one - other)) {
    if (await holdsAny(pid, sockets)) return pid
  }
  return undefined
}

async function readListeningSockets(port: number): Promise<Set<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const sockets = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '')
    for (const line of text.split('\n')) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      if (local?.endsWith(suffix) === true && state === listening) sockets.add(`socket:[${inode}]`)
    }
  }
  return sockets
}

async function holdsAny(pid: number, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  // A process of somebody else, or one that is gone, shows nothing.
  for (const fd of await readdir(folder).catch(() => [])) {
    const target = await readlink(`${folder}/${fd}`).catch(() => '')
    if (sockets.has(target)) return true
  }
  return false
}
