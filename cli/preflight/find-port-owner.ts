import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The state of a listening socket in `/proc/net/tcp`. */
const listening = '0A'
const longestCommand = 80

/** Who listens on `port`: `process 123 (nginx …)`; `undefined` where that cannot be seen. */
export function findPortOwner(port: number): string | undefined {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listenersOf(table, port)))
  if (inodes.size === 0) return undefined
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && hasSocket(name, inodes))
  return pid === undefined ? undefined : `process ${pid} (${commandOf(pid)})`
}

function listenersOf(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  try {
    return readFileSync(`/proc/net/${table}`, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === listening)
      .map((fields) => `socket:[${fields[9] ?? ''}]`)
  } catch {
    return []
  }
}

function hasSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}

function commandOf(pid: string): string {
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  return command.length > longestCommand ? `${command.slice(0, longestCommand)}…` : command
}
