import { join } from 'node:path'
import { findArtefact } from '../install/read-manifest.ts'
import { readAddresses } from './addresses.ts'
import type { Setup } from './read-setup.ts'

/** What tests read: where the servers of a set-up are, and what is installed. */
export function testEnvironment(setup: Setup): Record<string, string> {
  const { kafkaBrokers, postgresUrl, temporalAddress } = readAddresses(setup)
  return {
    KAFKA_BROKERS: kafkaBrokers,
    POSTGRES_URL: postgresUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_TEST_SERVER: join(
      setup.cache,
      findArtefact('temporal-test-server').directory,
      'temporal-test-server',
    ),
    MODELS_DIRECTORY: setup.environment['MODELS_DIRECTORY'] ?? join(setup.cache, 'models'),
    SAMPLES_DIRECTORY: setup.environment['SAMPLES_DIRECTORY'] ?? join(setup.cache, 'samples'),
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
  }
}
