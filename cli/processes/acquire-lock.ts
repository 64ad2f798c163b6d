import { createHash } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'

/** A lock that is held. */
export interface Lock {
  release(): Promise<void>
}

/**
 * Takes the lock of `resource` for this process, or returns `undefined` where another one holds it. It is a socket in
 * Linux's abstract name space: the kernel takes it back however the holder ends, so that no stale lock exists.
 */
export async function tryLock(resource: string): Promise<Lock | undefined> {
  const server = createServer((socket) => socket.destroy()).unref()
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(socketName(resource), () =>
      resolve({ release: () => new Promise((released) => server.close(() => released())) }),
    )
  })
}

/** True while somebody holds the lock of `resource`. Asking does not disturb those who try to take it. */
export async function isLocked(resource: string): Promise<boolean> {
  const socket = connect(socketName(resource))
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
  } finally {
    socket.destroy()
  }
}

/** The leading zero makes it an abstract name, which no file stands for. */
function socketName(resource: string): string {
  const name = createHash('sha256').update(`${userInfo().uid}:${resource}`).digest('hex')
  return `\0ips-${name}`
}

const pollMs = 200

/** Takes the lock of `resource`, as soon as nobody else holds it; `onWait` is called once where it has to wait. */
export async function acquireLock(resource: string, onWait: () => void): Promise<Lock> {
  for (let attempt = 0; ; attempt += 1) {
    const lock = await tryLock(resource)
    if (lock !== undefined) return lock
    if (attempt === 0) onWait()
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
