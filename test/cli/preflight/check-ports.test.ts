import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { checkPorts } from '../../../cli/preflight/check-ports.ts'
import { freePort } from '../stand-in.ts'

test('a port in use is named, with who wants it, who has it and what to do', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const failure = await checkPorts([
      { port: await freePort(), name: 'PostgreSQL' },
      { port, name: 'Kafka' },
    ]).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'port-in-use' })
    const { message } = failure as Error
    expect(message).toContain(`port ${port}, for Kafka, is in use by process ${process.pid} (`)
    expect(message).toContain('IPS_PORT_BASE')
    expect(message).not.toContain('\n')
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

test('free ports pass, and are free afterwards', async () => {
  const port = await freePort()
  await checkPorts([{ port, name: 'Kafka' }])
  await checkPorts([{ port, name: 'Kafka' }])
})
