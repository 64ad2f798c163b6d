import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { keepDoing, startTokenOutage, type TokenOutage } from '../../support/token-outage.ts'
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

let outage: TokenOutage
beforeAll(async () => {
  outage = await startTokenOutage()
})
afterAll(() => outage.stop())

const ask = (form: Record<string, string>): Promise<TokenAnswer> =>
  postForm(`${outage.services.baseUrl}${authenticationPath}`, form)

/** A client with a secret and a device, which holds a token of an hour. */
async function createHolder(name: string) {
  const client = await outage.services.createClient({ name })
  const device = await addTestDevice(outage.services.administration.authentication, name)
  const exchanged = await outage.services.exchange(await outage.services.authenticate(client))
  const { access_token: token } = (await exchanged.json()) as { access_token: string }
  return { client, device, token }
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'while the identities are away (%s), who holds a token posts without a failure, and who asks for one is told when to come back',
  async (signal) => {
    const names = ['a', 'b', 'c'].map((letter) => `${letter}-${signal.toLowerCase()}`)
    const holders = await Promise.all(names.map(createHolder))
    const posting = holders.map(({ token }) =>
      keepDoing((count) => outage.post(token, `held-${count}`)),
    )
    const asking = holders.flatMap(({ client, device }) => [
      keepDoing(() => ask(secretForm(client))),
      keepDoing(async () => ask(await assertionForm(device))),
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
    await outage.postgres.stop(signal)
    await untilAnswered(503)
    await untilPosted(20)
    const wrong = { clientId: names[0] ?? '', clientSecret: 'wrong' }
    expect((await ask(secretForm(wrong))).status).toBe(503)
    await outage.postgres.start()
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
