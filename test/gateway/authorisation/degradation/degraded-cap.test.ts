import { expect, jest, test } from '@jest/globals'
import { startTcpProxy } from '../../../support/tcp-proxy.ts'
import { startTokenServices } from '../../../support/token-services.ts'
import { until } from '../../../support/until.ts'

jest.setTimeout(90_000)

test('degraded tokens end at the cap: then the client is told to try again, and is served when the store is back', async () => {
  const server = new URL(process.env['POSTGRES_URL'] ?? '')
  const proxy = await startTcpProxy(server.hostname, Number(server.port))
  server.host = `127.0.0.1:${proxy.port}`
  const capSeconds = 12
  const services = await startTokenServices({
    POSTGRES_URL: String(server),
    AUTHORISATION_DEGRADED_TTL_SECONDS: '4',
    AUTHORISATION_DEGRADED_MAX_SECONDS: String(capSeconds),
    AUTHORISATION_GRANTS_REFRESH_SECONDS: '1',
  })
  try {
    const subject = await services.authenticate(await services.createClient({ name: 'kiosk' }))
    const verifier = services.keys.createVerifier()
    const exchange = async () => {
      const response = await services.exchange(subject)
      const body = (await response.json()) as { access_token: string; degraded?: true }
      return { status: response.status, retryAfter: response.headers.get('retry-after'), ...body }
    }
    await exchange()
    const readBy = Date.now()
    proxy.cut()
    let degraded = 0
    const refused = await until('the cap is reached', async () => {
      const answer = await exchange()
      if (answer.status !== 200) return answer
      const { expiresAt } = await verifier.verify(answer.access_token, new Date())
      expect(answer.degraded).toBe(true)
      expect(expiresAt.getTime()).toBeLessThanOrEqual(readBy + capSeconds * 1_000)
      degraded += 1
      return undefined
    })
    expect(degraded).toBeGreaterThan(0)
    expect(refused).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[5-9]$/) })
    proxy.mend()
    const full = await until('the store is back', async () => {
      const answer = await exchange()
      return answer.status === 200 && answer
    })
    expect(full).not.toHaveProperty('degraded')
  } finally {
    proxy.mend()
    await services.stop()
    await proxy.close()
  }
})
