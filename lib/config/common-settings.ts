import { z } from 'zod'
import { integer, list, setting } from './settings.ts'

/** What every process has. */
export const processSettings = {
  logLevel: setting(
    z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    'The least important log events that are written',
  ),
  healthHost: setting(z.string().default('127.0.0.1'), 'Address of the health and metrics server'),
  healthPort: setting(
    integer(0, 65_535).optional(),
    'Port of the health and metrics server; by default the role’s own of the development set-up',
  ),
  stopTimeoutMs: setting(
    integer(1_000, 600_000).default(20_000),
    'How long an orderly stop may take before the process ends anyway',
  ),
} as const

/** What a process that uses Kafka has. */
export const kafkaSettings = {
  kafkaBrokers: setting(
    list().default(['127.0.0.1:9092']),
    'Kafka’s bootstrap servers, separated by commas',
  ),
  kafkaTopicPrefix: setting(
    z
      .string()
      .regex(/^[a-zA-Z0-9._-]{0,64}$/)
      .default(''),
    'Put before the names of topics and consumer groups, so that several systems can share a cluster',
  ),
} as const

/** What a process that consumes from Kafka has. */
export const kafkaConsumerSettings = {
  ...kafkaSettings,
  // Short, since nothing here holds up heartbeats: handlers run beside them.
  kafkaSessionTimeoutMs: setting(
    integer(6_000, 300_000).default(10_000),
    'After this silence a process is taken for dead: the partitions of a killed one lie idle for so long',
  ),
} as const

/** What a process that uses PostgreSQL has. */
export const postgresSettings = {
  postgresUrl: setting(
    z.url().default('postgres://postgres@127.0.0.1:5433'),
    'The PostgreSQL server, without a database: each service has its own',
    { secret: true },
  ),
  postgresDatabasePrefix: setting(
    z
      .string()
      .regex(/^[a-z0-9_]{0,32}$/)
      .default(''),
    'Put before the names of databases, so that several systems can share a server',
  ),
  postgresPoolSize: setting(
    integer(1, 200).default(10),
    'Connections to PostgreSQL at most, per database',
  ),
} as const

/** What a process that uses Temporal has. */
export const temporalSettings = {
  temporalAddress: setting(z.string().default('127.0.0.1:7233'), 'The Temporal server'),
  temporalNamespace: setting(z.string().default('default'), 'The Temporal namespace'),
  temporalTaskQueuePrefix: setting(
    z.string().default(''),
    'Put before the names of task queues, so that several systems can share a namespace',
  ),
} as const

/** What a process that reads tokens has. */
export const tokenSettings = {
  ipsKeysDirectory: setting(z.string().default('.racc/keys'), 'The folder with the keys of tokens'),
  tokenIssuer: setting(z.string().default('ips'), 'The issuer that tokens must name'),
  tokenCacheSize: setting(
    integer(0, 1_000_000).default(10_000),
    'Verified tokens kept in memory at most; about 2 KiB each',
  ),
} as const
