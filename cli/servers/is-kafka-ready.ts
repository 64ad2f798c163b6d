import { connect } from 'node:net'

const timeoutMs = 3_000
/** ApiVersions, the one request that a broker of any version answers: key 18, version 0, correlation 1, no client id. */
const apiVersionsRequest = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])

/** True where a Kafka broker answers requests on `port`. */
export async function isKafkaReady(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: timeoutMs })
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => socket.write(apiVersionsRequest))
      socket.once('data', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('close', () => resolve(false))
      socket.once('timeout', () => resolve(false))
    })
  } finally {
    socket.destroy()
  }
}
