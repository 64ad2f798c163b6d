import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import type { NewClient } from '../../cli/clients/create-client.ts'
import { keyPurposeNames } from '../../lib/token/key-purposes.ts'
import { rotateKey } from '../../lib/token/rotate-key.ts'
import { generateImage } from '../support/generate-image.ts'
import { startTestIngestion, type TestIngestion } from '../support/ingestion.ts'
import { createTestKafka, type TestKafka } from '../support/kafka.ts'
import { startTokenServices, type TokenServices } from '../support/token-services.ts'
import { until } from '../support/until.ts'

let kafka: TestKafka
let services: TokenServices
let ingestion: TestIngestion
let image: Buffer
let client: NewClient

beforeAll(async () => {
  ;[kafka, services, image] = await Promise.all([
    createTestKafka(),
    startTokenServices(),
    generateImage(1),
  ])
  ingestion = await startTestIngestion({ kafka: kafka.options, keys: services.keys })
  client = await services.createClient({ name: 'camera' })
  await until('ingestion is ready', async () => (await ingestion.readiness())['kafka'] === 'ok')
}, 60_000)
afterAll(async () => {
  await ingestion.stop()
  await services.stop()
  await kafka.drop()
})

/** The shortest lead that an operator may choose. */
const leadMs = 5_000

const post = async (token: string) => {
  const response = await fetch(`${ingestion.url}/ingest/v1/case`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: new Uint8Array(image),
  })
  await response.arrayBuffer()
  return response.status
}

const exchange = async (subject: string) => {
  const response = await services.exchange(subject)
  const { access_token: token } = (await response.json()) as { access_token?: string }
  return { status: response.status, token: token ?? '' }
}

test('a rotation of every key under load costs nobody a request', async () => {
  const statuses = new Set<number>()
  const kids = { subject: new Set<unknown>(), token: new Set<unknown>() }
  const held = await services.authenticate(client)
  const old = (await exchange(held)).token
  const isOver = { value: false }
  /** Clients at work: one that has its tokens from before, one that takes new ones for each image, and some in between. */
  const clients = [
    async () => void statuses.add(await post(old)),
    async () => {
      const { status, token } = await exchange(held)
      statuses.add(status).add(await post(token))
      kids.token.add(decodeProtectedHeader(token).kid)
    },
    async () => {
      const subject = await services.authenticate(client)
      const { status, token } = await exchange(subject)
      statuses.add(status).add(await post(token))
      kids.subject.add(decodeProtectedHeader(subject).kid)
    },
  ]
  const load = clients.map(async (work) => {
    while (!isOver.value) await work()
  })
  const activeFromMs = Date.now() + leadMs
  for (const purpose of keyPurposeNames)
    await rotateKey(services.keys.directory, purpose, { nowMs: Date.now(), activeFromMs })
  await until(
    'new tokens are made with the new keys',
    () => kids.subject.size === 2 && kids.token.size === 2,
  ).finally(() => (isOver.value = true))
  await Promise.all(load)
  expect([...statuses]).toEqual([200])
}, 90_000)
