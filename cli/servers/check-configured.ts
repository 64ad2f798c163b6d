import { connect } from 'node:net'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Setup } from '../setup/read-setup.ts'
import { isKafkaReady } from './is-kafka-ready.ts'

const timeoutMs = 5_000

/** Throws `IpsError('server-unreachable')` where a configured server does not answer: nothing could work. */
export async function checkConfigured({ configured }: Setup): Promise<void> {
  const { kafkaBrokers, postgresUrl, temporalAddress } = configured
  const checks = [
    kafkaBrokers === undefined
      ? undefined
      : { name: 'KAFKA_BROKERS', address: kafkaBrokers, answers: anyBroker(kafkaBrokers) },
    postgresUrl === undefined ? undefined : { name: 'POSTGRES_URL', ...serverOfUrl(postgresUrl) },
    temporalAddress === undefined
      ? undefined
      : {
          name: 'TEMPORAL_ADDRESS',
          address: temporalAddress,
          answers: accepts(temporalAddress, 7233),
        },
  ]
  for (const check of checks) {
    if (check === undefined || (await check.answers)) continue
    throw new IpsError(
      'server-unreachable',
      `${check.name} names ${check.address}, and nobody answers there: start it, or unset ${check.name} so that racc starts one.`,
      { retryable: true },
    )
  }
}

async function anyBroker(brokers: string): Promise<boolean> {
  const answers = await Promise.all(
    brokers.split(',').map((broker) => {
      const { host, port } = parseAddress(broker.trim(), 9092)
      return isKafkaReady(host, port)
    }),
  )
  return answers.includes(true)
}

/** Without the password, which must not be printed. */
function serverOfUrl(url: string) {
  const { host } = new URL(url)
  return { address: host, answers: accepts(host, 5432) }
}

function parseAddress(address: string, defaultPort: number) {
  const { hostname, port } = new URL(`tcp://${address}`)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) }
}

async function accepts(address: string, defaultPort: number): Promise<boolean> {
  const socket = connect({ ...parseAddress(address, defaultPort), timeout: timeoutMs })
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('timeout', () => resolve(false))
    })
  } finally {
    socket.destroy()
  }
}
