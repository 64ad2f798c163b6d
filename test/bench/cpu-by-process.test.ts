import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { readCpuSeconds } from '../../bench/cpu-by-process.ts'
import { findListener } from '../../bench/find-listener.ts'

const parent = `
  const { spawn } = require('node:child_process')
  const burn = 'const end = process.cpuUsage().user + 300000; while (process.cpuUsage().user < end);'
  spawn(process.execPath, ['-e', burn]).on('exit', () => process.stdout.write('ended'))
  process.stdin.resume()
`

describe('readCpuSeconds', () => {
  it('counts what a child used that has ended', async () => {
    const child = spawn(process.execPath, ['-e', parent], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    const seconds = await readCpuSeconds([{ name: 'parent', pid: child.pid ?? 0 }])
    expect(seconds.get('parent')).toBeGreaterThanOrEqual(0.25)
    child.kill()
    await once(child, 'exit')
  })

  it('counts a process that is gone as 0', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    expect(await readCpuSeconds([{ name: 'gone', pid: child.pid ?? 0 }])).toEqual(
      new Map([['gone', 0]]),
    )
  })
})

describe('findListener', () => {
  it('finds the process that listens on a port, and nobody where no one does', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await findListener(port)).toBe(process.pid)
    server.close()
    await once(server, 'close')
    expect(await findListener(port)).toBeUndefined()
  })
})
