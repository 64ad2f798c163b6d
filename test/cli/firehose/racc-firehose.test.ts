import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createClient } from '../../../cli/clients/create-client.ts'
import { writeCredentials } from '../../../cli/clients/credentials-file.ts'
import { withAdministration } from '../../../cli/clients/with-administration.ts'
import { createTestFirehose, testMessages, type TestFirehose } from '../../support/firehose.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { startRole, type RoleProcess } from '../../support/start-role.ts'
import { freePort } from '../stand-in.ts'

const timeoutMs = 120_000

describe('racc firehose', () => {
  let firehose: TestFirehose
  let kafka: TestKafka
  let gateway: RoleProcess
  let home: string
  let port: number

  beforeAll(async () => {
    ;[firehose, kafka] = await Promise.all([createTestFirehose(), createTestKafka()])
    ;[home, port] = [await mkdtemp(path.join(tmpdir(), 'ips-racc-')), await freePort()]
    const { environment } = firehose
    const topicPrefix = kafka.options.topicPrefix
    const http = { HTTP_PORT: String(port), KAFKA_TOPIC_PREFIX: topicPrefix }
    gateway = await startRole('gateway', { ...environment, ...http })
    await withAdministration(environment, async (administration) => {
      for (const client of [
        { name: 'reader' },
        { name: 'poster', claims: { 'ingest-1.*': true } },
      ]) {
        await writeCredentials(home, await createClient(administration, client))
      }
    })
    await firehose.append('reader', testMessages(3))
  }, timeoutMs)
  afterAll(async () => {
    await gateway.stop()
    await firehose.stop()
    await kafka.drop()
    await rm(home, { recursive: true })
  })

  /** Runs a command line in which `racc` means this gateway; resolves with its output where each of its commands ends with 0. */
  async function shell(command: string): Promise<string> {
    const { stdout } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', command], {
      env: { ...process.env, NODE_OPTIONS: '', IPS_HOME: home, IPS_PORT_BASE: String(port) },
    })
    return stdout
  }

  test(
    'prints a replay and ends with 0',
    async () => {
      const output = await shell('./racc firehose reader --from 1 --until latest')
      const messages = output.trimEnd().split('\n')
      expect(messages.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { offset: '2', id: 'm2' },
        { offset: '3', id: 'm3' },
      ])
      const none = await shell('./racc firehose reader --until latest --types a b')
      expect(none).toBe('')
    },
    timeoutMs,
  )

  test(
    'ends with 0 when nobody reads its output any more',
    async () => {
      const output = await shell('./racc firehose reader --max-rate 1 | head --lines 1')
      expect(JSON.parse(output)).toMatchObject({ offset: '1' })
    },
    timeoutMs,
  )

  test.each([
    ['reader --from 4', '400 There is no such offset yet: the last offset is 3'],
    ['reader --from newest', 'newest is no offset: a whole number from 0, or latest'],
    ['reader --max-rate fast', 'fast is no rate: messages per second, above 0'],
    [
      'poster',
      '403 The token does not allow to read the stream: the token has no claim firehose-1.*',
    ],
  ])(
    'ends with 1 and a sentence: %s',
    async (args, sentence) => {
      await expect(shell(`./racc firehose ${args}`)).rejects.toMatchObject({
        ...{ code: 1, stdout: '', stderr: `racc: ${sentence}\n` },
      })
    },
    timeoutMs,
  )
})
