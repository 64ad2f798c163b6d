import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import path from 'node:path'
import { maxRestarts } from '../../../lib/process/supervise-component.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { until } from '../../support/until.ts'
import { runProgram, type Program } from '../../support/run-program.ts'

jest.setTimeout(240_000)
/** Five processes one after the other, on a busy machine. */
const patienceMs = 200_000

let kafka: TestKafka
let isOver: boolean
let programs: Program[]

beforeEach(async () => {
  kafka = await createTestKafka()
  isOver = false
  programs = []
})

afterEach(async () => {
  isOver = true
  for (const program of programs) program.kill('SIGKILL')
  await Promise.all(programs.map(({ ended }) => ended))
  await kafka.drop()
})

/** Keeps a process of the fragile role running, as a supervisor does. */
async function keepRunning(): Promise<void> {
  while (!isOver) {
    const program = runProgram(path.resolve('test/lib/kafka/fragile-role.ts'), [], {
      KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      HEALTH_PORT: '0',
    })
    programs.push(program)
    await program.ended
  }
}

const events = (name: string) =>
  programs.flatMap((program) => program.events.filter(({ event }) => event === name))

test.each([
  // One death that blames nobody in particular, and then as many as it takes.
  ['kill', 4, 0],
  ['throw', 0, maxRestarts],
  ['throw elsewhere', 4, 0],
])(
  'a record whose work ends in "%s" becomes a dead letter, and all others are handled',
  async (poison, maxDeaths, maxConsumerRestarts) => {
    const values = ['a', 'b', poison, 'c', 'd']
    await kafka.send(
      'ingest-1',
      values.map((value) => ({ key: 'client', partition: 1, value: Buffer.from(value) })),
    )
    const letters = await kafka.watch('dead-letter-1')
    void keepRunning()
    const letter = await until('a dead letter', () => letters.records[0], patienceMs)
    expect(letter.value.toString()).toBe(poison)
    expect(letter.headers['reason-code']?.toString()).toBe('record-poisonous')
    expect(letter.headers['offset']?.toString()).toBe('2')
    expect(programs.length - 1).toBeLessThanOrEqual(maxDeaths)
    expect(events('component.restarting').length).toBeLessThanOrEqual(maxConsumerRestarts)
    await until('the commit of all', async () => {
      const committed = await kafka.committed('fragile', 'ingest-1')
      return committed.get(1) === 5n
    })
    expect(letters.records).toHaveLength(1)
  },
)
