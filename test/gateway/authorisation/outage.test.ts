import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { NewClient } from '../../../cli/clients/create-client.ts'
import type { VerifiedToken } from '../../../lib/token/verified-token.ts'
import { keepDoing, startTokenOutage, type TokenOutage } from '../../support/token-outage.ts'
import { until } from '../../support/until.ts'

jest.setTimeout(240_000)
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

let outage: TokenOutage
beforeAll(async () => {
  outage = await startTokenOutage()
})
afterAll(() => outage.stop())

async function exchange(subject: string, scope = ''): Promise<Answer> {
  const response = await outage.services.exchange(subject, { scope })
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as Answer['body'],
  }
}

const verify = (answer: Answer): Promise<VerifiedToken> =>
  outage.services.keys.createVerifier().verify(answer.body.access_token, new Date())

/** A client that posts, and one more stream of its own that renews and posts with what it gets, until it is stopped. */
function work(subject: string, token: string) {
  const posted: number[] = []
  const renewed: Answer[] = []
  const tasks = [
    keepDoing(async (count) => void posted.push(await outage.post(token, `held-${count}`))),
    keepDoing(async (count) => {
      const answer = await exchange(subject)
      renewed.push(answer)
      posted.push(await outage.post(answer.body.access_token, `renewed-${count}`))
    }),
  ]
  return { posted, renewed, stop: () => Promise.all(tasks.map((task) => task.stop())) }
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'while the database is away (%s), clients post and renew without a failure; unknown ones are told when to try again',
  async (signal) => {
    const clients = await Promise.all(
      ['a', 'b', 'c'].map((letter) =>
        outage.services.createClient({ name: `${letter}-${signal.toLowerCase()}`, webhook }),
      ),
    )
    const subjectOf = (client: NewClient) => outage.services.authenticate(client)
    const stranger = await subjectOf(
      await outage.services.createClient({ name: `stranger-${signal.toLowerCase()}` }),
    )
    const subjects = await Promise.all(clients.map(subjectOf))
    const tokens = await Promise.all(subjects.map((subject) => exchange(subject)))
    const before = await Promise.all(tokens.map(verify))
    const busy = subjects.map((subject, at) => work(subject, tokens[at]?.body.access_token ?? ''))

    const untilRenewed = (what: string, degraded: true | undefined) =>
      until(what, () => busy.every(({ renewed }) => renewed.at(-1)?.body.degraded === degraded))
    await until('there is load', () => busy.every(({ posted }) => posted.length > 10))
    await outage.postgres.stop(signal)
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
    expect(await outage.services.metrics.metrics()).toMatch(
      /ips_authorisation_store_away\{.*\} 1\n/,
    )

    await outage.postgres.start()
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
    const metrics = await outage.services.metrics.metrics()
    expect(metrics).toMatch(/ips_authorisation_store_away\{.*\} 0\n/)
    expect(metrics).toMatch(/ips_authorisation_total\{result="issued_degraded",.*\} [1-9]/)
    expect(metrics).toMatch(
      /ips_authorisation_degraded_refusals_total\{reason="unknown",.*\} [1-9]/,
    )
  },
)
