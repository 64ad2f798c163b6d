import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { createTestFirehose, testMessages, type TestFirehose } from '../support/firehose.ts'
import { startOwnServer, type OwnServer } from '../support/own-servers.ts'
import { startTokenServices, type TokenServices } from '../support/token-services.ts'
import {
  addTestDevice,
  assertionForm,
  authenticationPath,
  postForm,
  secretForm,
} from '../support/token-requests.ts'
import { until } from '../support/until.ts'

/** Where each request waited for the database's time-outs, of at least five seconds, the tests would not end in time. */
jest.setTimeout(180_000)
const requests = 60

let postgres: OwnServer
let services: TokenServices
let firehose: TestFirehose
beforeAll(async () => {
  postgres = await startOwnServer('postgres')
  Object.assign(process.env, postgres.environment)
  services = await startTokenServices()
  firehose = await createTestFirehose({ POSTGRES_POOL_SIZE: '1' })
})
afterAll(async () => {
  postgres.thaw()
  await firehose.stop()
  await services.stop()
  await postgres.drop()
})

/** Lets PostgreSQL hang meanwhile: it neither answers nor refuses. */
async function whileHanging(work: () => Promise<void>): Promise<void> {
  postgres.freeze()
  try {
    await work()
  } finally {
    postgres.thaw()
  }
}

test('while the database hangs, only a few requests for a token wait for it: the others are told at once to come back', async () => {
  const client = await services.createClient({ name: 'patient' })
  const device = await addTestDevice(services.administration.authentication, 'patient')
  const ask = async (form: Record<string, string>) =>
    (await postForm(`${services.baseUrl}${authenticationPath}`, form)).status
  await until('the schema is there', async () => (await ask(secretForm(client))) === 200)
  await whileHanging(async () => {
    for (let n = 0; n < requests / 2; n += 1) {
      expect(await ask(secretForm(client))).toBe(503)
      expect(await ask(await assertionForm(device))).toBe(503)
    }
    expect(await services.metrics.metrics()).toMatch(/ips_authentication_store_away\{.*\} 1\n/)
  })
  await until('tokens are given', async () => (await ask(secretForm(client))) === 200)
  expect(await ask(await assertionForm(device))).toBe(200)
})

test('while the journal hangs, only a few requests for a stream wait for it, and streams go on afterwards', async () => {
  const clientId = randomUUID()
  await firehose.append(clientId, testMessages(1))
  const token = await firehose.token(clientId)
  const stream = await firehose.open(token)
  await stream.messages(1)
  await whileHanging(async () => {
    const others = await Promise.all(
      Array.from({ length: requests }, async () => firehose.open(token)),
    )
    for (const other of others) {
      expect(other.status).toBe(503)
      expect(JSON.parse(await other.text())).toMatchObject({ code: 'journal-unavailable' })
    }
  })
  await firehose.append(clientId, testMessages(1, 2))
  expect(await stream.messages(1)).toMatchObject([{ id: 'm2' }])
  stream.destroy()
})
