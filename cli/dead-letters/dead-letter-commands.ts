import { pino } from 'pino'
import { kafkaSettings } from '../../lib/config/common-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'
import type { KafkaOptions } from '../../lib/kafka/create-kafka.ts'
import { count, printable } from '../operations/format-when.ts'
import { readSince } from '../operations/read-since.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { formatTable, say } from '../terminal.ts'
import type { DeadLetterSelection } from './dead-letter.ts'
import { countDeadLetters, replayDeadLetters } from './dead-letters.ts'

/** The options of the commands, as they were given. */
export interface DeadLetterOptions {
  readonly reason?: string
  readonly since?: string
  readonly json?: boolean
}

/** Prints how many records of a client were put aside, by whom and why. */
export async function list(
  environment: Environment,
  name: string,
  options: DeadLetterOptions,
): Promise<void> {
  const counts = await countDeadLetters(kafkaOf(environment), selectionOf(name, options))
  if (options.json === true) say(JSON.stringify(counts))
  else if (counts.length === 0) say('none')
  else {
    const rows = counts.map(({ group, topic, reason, detail, records, newestAt }) => [
      ...[newestAt, `${group} of ${topic}`, count(records, 'record'), reason],
      printable(detail),
    ])
    say(formatTable(rows))
  }
}

/** Has records of a client handled once more that were put aside, and prints how many. */
export async function replay(
  environment: Environment,
  name: string,
  options: DeadLetterOptions,
): Promise<void> {
  const replayed = await replayDeadLetters(kafkaOf(environment), selectionOf(name, options))
  if (options.json === true) say(JSON.stringify({ replayed }))
  else say(`${count(replayed, 'record')} written once more to where they were read`)
}

function selectionOf(clientId: string, { reason, since }: DeadLetterOptions): DeadLetterSelection {
  return {
    clientId,
    ...(reason === undefined ? {} : { reason }),
    ...(since === undefined ? {} : { since: Date.parse(readSince(since, Date.now())) }),
  }
}

function kafkaOf(environment: Environment): KafkaOptions {
  const config = readConfig(kafkaSettings, sharedEnvironment(readSetup(environment)))
  return {
    brokers: config.kafkaBrokers,
    topicPrefix: config.kafkaTopicPrefix,
    clientId: 'racc',
    logger: pino({ level: 'silent' }),
  }
}
