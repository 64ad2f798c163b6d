import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  grantClaims,
  revokeClaims,
  setSuspended,
} from '../../../../gateway/authorisation/grants.ts'
import { createAuthenticationTokenIssuer } from '../../../../lib/token/create-authentication-tokens.ts'
import { startTcpProxy, type TcpProxy } from '../../../support/tcp-proxy.ts'
import { startTokenServices, type TokenServices } from '../../../support/token-services.ts'
import { until } from '../../../support/until.ts'

const webhook = 'http://127.0.0.1:9999/hooks'

describe('a token while the grants cannot be read', () => {
  let proxy: TcpProxy
  let services: TokenServices
  beforeAll(async () => {
    const server = new URL(process.env['POSTGRES_URL'] ?? '')
    proxy = await startTcpProxy(server.hostname, Number(server.port))
    server.host = `127.0.0.1:${proxy.port}`
    services = await startTokenServices({
      POSTGRES_URL: String(server),
      AUTHORISATION_GRANTS_REFRESH_SECONDS: '1',
    })
  })
  beforeEach(mend)
  afterAll(async () => {
    proxy.mend()
    await services.stop()
    await proxy.close()
  })

  /** Gives the store back, and waits until the service has noticed, which it does with nobody asking. */
  async function mend() {
    proxy.mend()
    await until('the store is back', async () =>
      / 0$/m.test(await services.metrics.getSingleMetricAsString('ips_authorisation_store_away')),
    )
  }
  async function createClient(name: string) {
    const client = await services.createClient({ name, webhook })
    return services.authenticate(client)
  }
  async function exchange(subject: string, scope = '') {
    const response = await services.exchange(subject, { scope })
    const body = (await response.json()) as Record<string, string | boolean>
    return { status: response.status, retryAfter: response.headers.get('retry-after'), ...body }
  }
  const refused = {
    status: 503,
    error: 'temporarily_unavailable',
    retryAfter: expect.stringMatching(/^[5-9]$/),
  }

  test('holds what the scope leaves, and nothing beyond the grants', async () => {
    const subject = await createClient('scoped')
    await exchange(subject)
    proxy.cut()
    expect(await exchange(subject, 'ingest-1.0 push-1')).toMatchObject({
      status: 200,
      degraded: true,
      scope: 'ingest-1.0 push-1',
    })
    expect(await exchange(subject, 'ingest-2.0')).toMatchObject({
      status: 400,
      error: 'invalid_scope',
    })
  })

  test('sends nothing out by ways that the client did not have yet', async () => {
    const subject = await createClient('cautious')
    await exchange(subject, 'ingest-1.* firehose-1.0')
    proxy.cut()
    expect(await exchange(subject)).toMatchObject({
      degraded: true,
      scope: 'faceextract-1.* ingest-1.* ocr-* summary-1.*',
    })
    expect(await exchange(subject, 'firehose-1.0')).toMatchObject({ scope: 'firehose-1.0' })
    expect(await exchange(subject, 'push-1')).toMatchObject(refused)
  })

  test('holds no claim of which the service has seen that it was revoked or replaced', async () => {
    const { authorisation, box } = services.administration
    const subject = await createClient('revoked')
    await exchange(subject)
    proxy.cut()
    await exchange(subject)
    await revokeClaims(authorisation, { clientId: 'revoked', claims: ['ocr-*'] })
    const claims = { 'push-1': 'http://127.0.0.1:9998/elsewhere' }
    await grantClaims(authorisation, box, { clientId: 'revoked', claims })
    await mend()
    proxy.cut()
    expect(await exchange(subject)).toMatchObject({
      degraded: true,
      scope: 'faceextract-1.* firehose-1.* ingest-1.* summary-1.*',
    })
  })

  test('is refused to who was suspended before, and full again after the outage', async () => {
    const { authorisation } = services.administration
    const subject = await createClient('suspended')
    await setSuspended(authorisation, { clientId: 'suspended', suspended: true })
    await exchange(subject)
    proxy.cut()
    expect(await exchange(subject)).toMatchObject({ status: 401, error: 'invalid_client' })
    await setSuspended(authorisation, { clientId: 'suspended', suspended: false })
    await mend()
    const full = await exchange(subject)
    expect(full).toMatchObject({ status: 200, scope: expect.stringContaining('push-1') })
    expect(full).not.toHaveProperty('degraded')
  })

  test('is refused to who never asked before, with the time to try again', async () => {
    const subject = await createClient('stranger')
    proxy.cut()
    expect(await exchange(subject)).toMatchObject(refused)
  })

  test('is degraded for a degraded authentication token too, whose store is another one', async () => {
    await createClient('device')
    const issuer = createAuthenticationTokenIssuer({
      keysDirectory: services.keys.directory,
      issuer: services.keys.issuer,
    })
    const identity = { clientId: 'device', issuedAt: new Date(), lifetimeSeconds: 600 }
    const degraded = await issuer.issue({ ...identity, degraded: true })
    const idempotent = 'faceextract-1.* ingest-1.* ocr-* summary-1.*'
    expect(await exchange(degraded)).toMatchObject({ degraded: true, scope: idempotent })
    expect(await exchange(await issuer.issue(identity))).not.toHaveProperty('degraded')
    expect(await exchange(degraded)).toMatchObject({
      degraded: true,
      scope: 'faceextract-1.* firehose-1.* ingest-1.* ocr-* push-1 summary-1.*',
    })
  })
})
