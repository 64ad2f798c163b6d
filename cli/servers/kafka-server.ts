import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { maxRecordBytes } from '../../lib/topology.ts'
import { findArtefact } from '../install/read-manifest.ts'
import { runTool } from '../install/run-tool.ts'
import type { Setup } from '../setup/read-setup.ts'
import type { ProcessDefinition } from '../supervisor/process-definition.ts'
import { isKafkaReady } from './is-kafka-ready.ts'

/** A record batch is a little more than its records. */
const maxBatchBytes = maxRecordBytes + 1024 * 1024
/**
 * A single broker uses about 400 MB with this heap. Records of 8 MiB are "humongous" to the default collector and
 * fragment a heap of this size; the plain one takes them. The quick compiler alone halves the CPU time of a start, and
 * leaves the cores to the inference.
 */
const javaOptions = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const stopTimeoutMs = 15_000

/** A single Kafka broker in KRaft mode, below `IPS_HOME/kafka`. */
export function kafkaServer(setup: Setup, java: string): ProcessDefinition {
  const directory = join(setup.home, 'kafka')
  const properties = join(directory, 'server.properties')
  const { kafka, kafkaController } = setup.ports
  const environment = { ...plainEnvironment(setup), CLASSPATH: classPath(setup.cache) }
  return {
    kind: 'server',
    name: 'kafka',
    ports: { kafka, controller: kafkaController },
    command: java,
    args: [...javaOptions, ...loggingOptions, 'kafka.Kafka', properties],
    environment,
    directory,
    prepare: () => prepare(setup, directory, properties, { java, environment }),
    isReady: () => isKafkaReady('127.0.0.1', kafka),
    stopSignal: 'SIGTERM',
    stopTimeoutMs,
  }
}

/** What slf4j-simple writes: warnings, and the lines that say that the broker started or stopped. */
const loggingOptions = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
]

/** Java needs nothing of the environment but the path; its own variables would change how it runs. */
function plainEnvironment({ environment }: Setup): Record<string, string> {
  return { PATH: environment['PATH'] ?? '' }
}

/** By name, so that jars of another version in the same folder change nothing. */
function classPath(cache: string): string {
  const { directory, files } = findArtefact('kafka')
  return files.map(({ to }) => join(cache, directory, to)).join(':')
}

async function prepare(
  { ports }: Setup,
  directory: string,
  properties: string,
  { java, environment }: { java: string; environment: Record<string, string> },
) {
  const data = join(directory, 'data')
  await mkdir(directory, { recursive: true })
  await writeFile(properties, propertiesText(ports.kafka, ports.kafkaController, data))
  // Formatting refuses a second time; this file is what it writes last.
  if (existsSync(join(data, 'meta.properties'))) return
  const clusterId = randomBytes(16).toString('base64url')
  await runTool(
    java,
    [
      ...['kafka.tools.StorageTool', 'format', '--ignore-formatted'],
      // One argument: an id may begin with a hyphen.
      ...[`--cluster-id=${clusterId}`, '-c', properties],
    ],
    { missing: 'Java has gone.', directory, environment },
  )
}

function propertiesText(port: number, controllerPort: number, data: string): string {
  const broker = `PLAINTEXT://127.0.0.1:${port}`
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: `${broker},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': broker,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'message.max.bytes': String(maxBatchBytes),
    'replica.fetch.max.bytes': String(maxBatchBytes),
    // One broker: nothing can be replicated, and there is nobody to wait for.
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // Fewer files than the 50 partitions of the default; a development set-up has a handful of groups.
    'offsets.topic.num.partitions': '12',
  }
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
