import { createClient, type NewClient } from '../../cli/clients/create-client.ts'
import { createTestKafka } from '../../test/support/kafka.ts'
import { createTestDatabases } from '../../test/support/postgres.ts'
import { createTestAdministration } from '../../test/support/token-services.ts'
import { createTestKeys, type TestKeys } from '../../test/support/tokens.ts'
import { findFreePort } from '../find-free-port.ts'
import { createCpuMeter, findServers, type MeasureCpu } from '../measure-cpu.ts'
import { startProcess } from '../start-process.ts'

/** A gateway process with topics, databases and keys of its own. */
export interface Gateway {
  readonly url: string
  readonly keys: TestKeys
  createClient(name: string): Promise<NewClient>
  readonly measureCpu: MeasureCpu
}

/** So many requests a minute that no limit is met: what is measured is what they cost. */
const noLimits = { TOKENS_PER_MINUTE: '1000000' }

/** Starts a gateway, works with it, and takes everything down. */
export async function withGateway<T>(work: (gateway: Gateway) => Promise<T>): Promise<T> {
  const [kafka, keys, port] = [
    await createTestKafka(),
    await createTestKeys(),
    await findFreePort(),
  ]
  const databases = createTestDatabases()
  try {
    const administration = await createTestAdministration(databases, keys)
    const gateway = await startProcess('gateway', {
      ...noLimits,
      HTTP_PORT: String(port),
      KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
      POSTGRES_DATABASE_PREFIX: databases.prefix,
      IPS_KEYS_DIRECTORY: keys.directory,
      TOKEN_ISSUER: keys.issuer,
    })
    const processes = [
      { name: 'gateway', pid: gateway.pid },
      ...(await findServers()),
      { name: 'bench', pid: process.pid },
    ]
    try {
      return await work({
        url: `http://127.0.0.1:${port}`,
        keys,
        createClient: (name) => createClient(administration, { name }),
        measureCpu: createCpuMeter(processes, ['gateway', 'postgres', 'kafka']),
      })
    } finally {
      await gateway.stop()
    }
  } finally {
    await databases.drop()
    await kafka.drop()
    await keys.remove()
  }
}
