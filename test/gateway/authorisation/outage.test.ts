import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { NewClient } from '../../../cli/clients/create-client.ts'
import type { VerifiedToken } from '../../../lib/token/verified-token.ts'
import { generateImage } from '../../support/generate-image.ts'
import { startTestIngestion, type TestIngestion } from '../../support/ingestion.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { startOwnServer, type OwnServer } from '../../support/own-servers.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'
import { until } from '../../support/until.ts'

jest.setTimeout(240_000)
/** Load, not a flood: the machine has other tests to run. */
const pauseMs = 20
const webhook = 'http://127.0.0.1:9999/hooks'

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: {
    readonly degraded?: true
    readonly access_token: string
    readonly error?: string
  }
}

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

async function exchange(subject: string, scope = ''): Promise<Answer> {
  const response = await services.exchange(subject, { scope })
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as Answer['body'],
  }
}

const verify = (answer: Answer): Promise<VerifiedToken> =>
  services.keys.createVerifier().verify(answer.body.access_token, new Date())

async function post(token: string, transaction: string): Promise<number> {
  const response = await fetch(`${ingestion.url}/ingest/v1/${transaction}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: image,
  })
  await response.arrayBuffer()
  return response.status
}

/** A client that posts, and one more stream of its own that renews and posts with what it gets, until it is stopped. */
function work(subject: string, token: string) {
  const stopping = new AbortController()
  const posted: number[] = []
  const renewed: Answer[] = []
  const repeat = async (act: () => Promise<void>) => {
    while (!stopping.signal.aborted) {
      await act()
      await setTimeout(pauseMs)
    }
  }
  const running = Promise.all([
    repeat(async () => void posted.push(await post(token, `held-${posted.length}`))),
    repeat(async () => {
      const answer = await exchange(subject)
      renewed.push(answer)
      posted.push(await post(answer.body.access_token, `renewed-${renewed.length}`))
    }),
  ])
  return {
    posted,
    renewed,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'while the database is away (%s), clients post and renew without a failure; unknown ones are told when to try again',
  async (signal) => {
    const clients = await Promise.all(
      ['a', 'b', 'c'].map((letter) =>
        services.createClient({ name: `${letter}-${signal.toLowerCase()}`, webhook }),
      ),
    )
    const subjectOf = (client: NewClient) => services.authenticate(client)
    const stranger = await subjectOf(
      await services.createClient({ name: `stranger-${signal.toLowerCase()}` }),
    )
    const subjects = await Promise.all(clients.map(subjectOf))
    const tokens = await Promise.all(subjects.map((subject) => exchange(subject)))
    const before = await Promise.all(tokens.map(verify))
    const busy = subjects.map((subject, at) => work(subject, tokens[at]?.body.access_token ?? ''))

    const untilRenewed = (what: string, degraded: true | undefined) =>
      until(what, () => busy.every(({ renewed }) => renewed.at(-1)?.body.degraded === degraded))
    await until('there is load', () => busy.every(({ posted }) => posted.length > 10))
    await postgres.stop(signal)
    await untilRenewed('everybody renews with degraded tokens', true)
    const during = busy.map(({ posted }) => posted.length)
    const refused = await exchange(stranger)
    expect(refused).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(Number(refused.retryAfter)).toBeGreaterThanOrEqual(5)
    await until('posts go on', () =>
      busy.every(({ posted }, at) => posted.length > (during[at] ?? 0) + 20),
    )
    const degraded = await Promise.all(
      busy
        .map(({ renewed }) => renewed.at(-1))
        .flatMap((answer) => (answer === undefined ? [] : [verify(answer)])),
    )
    expect(await services.metrics.metrics()).toMatch(/ips_authorisation_store_away\{.*\} 1\n/)

    await postgres.start()
    await untilRenewed('everybody has full tokens again', undefined)
    await until('the stranger is served', async () => (await exchange(stranger)).status === 200)
    await Promise.all(busy.map((client) => client.stop()))

    for (const { posted, renewed } of busy) {
      expect(new Set(posted)).toEqual(new Set([200]))
      expect(new Set(renewed.map(({ status }) => status))).toEqual(new Set([200]))
    }
    degraded.forEach((token, at) => {
      expect(token.degraded).toBe(true)
      // The client has had all of it before, its push destination and its firehose too.
      expect(token.rights).toEqual(before[at]?.rights)
      const lifetimeMs = token.expiresAt.getTime() - token.issuedAt.getTime()
      expect(lifetimeMs).toBeLessThanOrEqual(300_000)
      expect(lifetimeMs).toBeGreaterThanOrEqual(150_000)
    })
    const metrics = await services.metrics.metrics()
    expect(metrics).toMatch(/ips_authorisation_store_away\{.*\} 0\n/)
    expect(metrics).toMatch(/ips_authorisation_total\{result="issued_degraded",.*\} [1-9]/)
    expect(metrics).toMatch(
      /ips_authorisation_degraded_refusals_total\{reason="unknown",.*\} [1-9]/,
    )
  },
)
