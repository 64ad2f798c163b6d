import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { rename, writeFile } from 'node:fs/promises'
import { replayDeadLetters } from '../../../cli/dead-letters/dead-letters.ts'
import { actOnEndpoint } from '../../../cli/operations/act-on-endpoint.ts'
import { showEndpoint } from '../../../cli/operations/show-endpoint.ts'
import { clientKeysFolder } from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'
import {
  createOperationsFixture,
  type OperationsFixture,
  type SteeredClient,
} from '../../support/operations.ts'
import type { RoleProcess } from '../../support/start-role.ts'
import { until } from '../../support/until.ts'

let fixture: OperationsFixture
let push: RoleProcess

beforeAll(async () => {
  fixture = await createOperationsFixture()
  push = await fixture.start()
})

afterAll(async () => {
  await fixture.drop()
})

const show = ({ clientId }: SteeredClient) =>
  fixture.operate((operations) => showEndpoint(operations, { clientId }))

const fileOf = ({ clientId }: SteeredClient) =>
  keyFileOf(clientKeysFolder(fixture.keys.directory, 'push'), clientId)

/** Clients in all partitions, and one whose key is damaged when something waits for its endpoint. */
async function createClients() {
  const damaged = await fixture.createClient()
  damaged.answer({ status: 503 })
  const waiting = await damaged.send(2)
  await until('it backs off', async () => {
    const shown = await show(damaged).catch(() => undefined)
    return shown?.state === 'backing-off' && shown.backlog === 2
  })
  await rename(fileOf(damaged), `${fileOf(damaged)}-backup`)
  await writeFile(fileOf(damaged), 'damaged')
  const others = await Promise.all(Array.from({ length: 12 }, () => fixture.createClient()))
  return { damaged, waiting, others }
}

test('a damaged key costs its client alone, is seen, and after its repair everything arrives', async () => {
  const { damaged, waiting, others } = await createClients()
  const { clientId } = damaged
  const letters = await fixture.kafka.watch('dead-letter-1')
  // As soon as the process has noticed, nothing is journalled any more.
  const sent: string[] = []
  await until('records are put aside', async () => {
    sent.push(...(await damaged.send(1)))
    return letters.records.length > 0
  })
  sent.push(...(await damaged.send(5)))
  for (const other of others) await other.sink.untilArrived(await other.send(3))
  const [letter] = letters.records
  expect(letter?.key).toBe(clientId)
  expect(letter?.headers['reason-code']?.toString()).toBe('client-key-damaged')
  expect(letter?.headers['reason-detail']?.toString()).toContain(fileOf(damaged))

  const retry = () =>
    fixture.operate((operations) => actOnEndpoint(operations, { clientId }, 'retry'))
  await until('the delivery has noticed too', async () => {
    await retry().catch(() => undefined)
    return (await show(damaged)).lastError === 'client-key-damaged'
  })
  const shown = await show(damaged)
  expect(shown).toMatchObject({ state: 'backing-off', workflow: 'answers' })
  expect(shown.keyTrouble?.message).toContain(fileOf(damaged))
  expect(shown.backlog).toBeGreaterThanOrEqual(waiting.length)
  expect(push.events.some(({ event }) => event === 'client-key.unusable')).toBe(true)
  const { healthPort } = push.events.find(({ event }) => event === 'process.started') ?? {}
  const health = `http://127.0.0.1:${String(healthPort)}`
  expect(await (await fetch(`${health}/metrics`)).text()).toMatch(
    /ips_push_records_total\{outcome="client-key-damaged"[^}]*\} [1-9]/,
  )
  expect((await fetch(`${health}/health/ready`)).status).toBe(200)

  damaged.answer({ status: 204 })
  await rename(`${fileOf(damaged)}-backup`, fileOf(damaged))
  const selection = { clientId, reason: 'client-key-damaged' }
  await until('everything has arrived', async () => {
    await replayDeadLetters(fixture.kafka.options, selection)
    await retry().catch(() => undefined)
    return [...waiting, ...sent].every((id) => damaged.sink.ids().has(id))
  })
  expect(await show(damaged)).toMatchObject({ keyTrouble: null })
}, 180_000)
