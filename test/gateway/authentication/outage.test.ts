import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { generateImage } from '../../support/generate-image.ts'
import { startTestIngestion, type TestIngestion } from '../../support/ingestion.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { startOwnServer, type OwnServer } from '../../support/own-servers.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'
import {
  addTestDevice,
  assertionForm,
  authenticationPath,
  postForm,
  secretForm,
  type TokenAnswer,
} from '../../support/token-requests.ts'
import { until } from '../../support/until.ts'

jest.setTimeout(240_000)
/** Load, not a flood: the machine has other tests to run. */
const pauseMs = 20

let postgres: OwnServer
let kafka: TestKafka
let services: TokenServices
let ingestion: TestIngestion
let image: Buffer

beforeAll(async () => {
  postgres = await startOwnServer('postgres')
  Object.assign(process.env, postgres.environment)
  kafka = await createTestKafka()
  services = await startTokenServices()
  ingestion = await startTestIngestion({ kafka: kafka.options, keys: services.keys })
  await until('ingestion is ready', async () => (await ingestion.readiness())['kafka'] === 'ok')
  image = await generateImage(1)
})
afterAll(async () => {
  await ingestion.stop()
  await services.stop()
  await kafka.drop()
  await postgres.drop()
})

const ask = (form: Record<string, string>): Promise<TokenAnswer> =>
  postForm(`${services.baseUrl}${authenticationPath}`, form)

async function post(token: string, transaction: string): Promise<number> {
  const response = await fetch(`${ingestion.url}/ingest/v1/${transaction}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: image,
  })
  await response.arrayBuffer()
  return response.status
}

/** Does something again and again until it is stopped; what was done last is the last result. */
function repeat<Result>(act: (count: number) => Promise<Result>) {
  const results: Result[] = []
  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      results.push(await act(results.length))
      await setTimeout(pauseMs)
    }
  })()
  return {
    results,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** A client with a secret and a device, which holds a token of an hour. */
async function createHolder(name: string) {
  const client = await services.createClient({ name })
  const device = await addTestDevice(services.administration.authentication, name)
  const exchanged = await services.exchange(await services.authenticate(client))
  const { access_token: token } = (await exchanged.json()) as { access_token: string }
  return { client, device, token }
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'while the identities are away (%s), who holds a token posts without a failure, and who asks for one is told when to come back',
  async (signal) => {
    const names = ['a', 'b', 'c'].map((letter) => `${letter}-${signal.toLowerCase()}`)
    const holders = await Promise.all(names.map(createHolder))
    const posting = holders.map(({ token }) => repeat((count) => post(token, `held-${count}`)))
    const asking = holders.flatMap(({ client, device }) => [
      repeat(() => ask(secretForm(client))),
      repeat(async () => ask(await assertionForm(device))),
    ])
    const untilAnswered = (status: number) =>
      until(`everybody is answered ${status}`, () =>
        asking.every(({ results }) => results.at(-1)?.status === status),
      )
    const untilPosted = (more: number) => {
      const before = posting.map(({ results }) => results.length)
      return until('images are posted', () =>
        posting.every(({ results }, at) => results.length > (before[at] ?? 0) + more),
      )
    }

    await untilAnswered(200)
    await untilPosted(5)
    await postgres.stop(signal)
    await untilAnswered(503)
    await untilPosted(20)
    const wrong = { clientId: names[0] ?? '', clientSecret: 'wrong' }
    expect((await ask(secretForm(wrong))).status).toBe(503)
    await postgres.start()
    await untilAnswered(200)
    await untilPosted(5)
    await Promise.all([...posting, ...asking].map((it) => it.stop()))

    for (const { results } of posting) expect(new Set(results)).toEqual(new Set([200]))
    const answers = asking.flatMap(({ results }) => results)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]))
    for (const { status, headers, body } of answers) {
      if (status === 200) continue
      expect(body['error']).toBe('temporarily_unavailable')
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect((await ask(secretForm(wrong))).status).toBe(401)
  },
)
