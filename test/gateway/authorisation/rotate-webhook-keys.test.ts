import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { rotateWebhookKeys } from '../../../gateway/authorisation/rotate-webhook-keys.ts'
import type { NewClient } from '../../../cli/clients/create-client.ts'
import { createWebhookSecret } from '../../../lib/token/webhook-secret.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'

const url = 'https://hooks.example/'

describe('rotateWebhookKeys', () => {
  let services: TokenServices
  beforeAll(async () => {
    services = await startTokenServices()
  })
  afterAll(() => services.stop())

  const rotate = (clientId: string, overlapSeconds: number) => {
    const { authorisation, box } = services.administration
    return rotateWebhookKeys(authorisation, box, { clientId, overlapSeconds })
  }
  const servedKeys = async (clientId: string) => {
    const response = await fetch(`${services.baseUrl}/push/v1/keys/${clientId}`)
    return ((await response.json()) as { keys: string[] }).keys
  }
  const secretInToken = async (client: NewClient) => {
    const response = await services.exchange(await services.authenticate(client))
    const { access_token: token } = (await response.json()) as { access_token: string }
    const { rights } = await services.keys.createVerifier().verify(token, new Date())
    return (rights['push-1'] as { secret: string }).secret
  }

  test('gives the next token the new secret, in the form of Standard Webhooks', async () => {
    const client = await services.createClient({ name: 'v1', webhook: url })
    const { webhookSecret } = await rotate('v1', 60)
    expect(webhookSecret).not.toBe(client.webhookSecret)
    expect(await secretInToken(client)).toBe(webhookSecret)
    expect(() => new Webhook(webhookSecret)).not.toThrow()
  })

  test('gives the next token the private half of the new public key, with v1a', async () => {
    const claims = { 'push-1': { url, signature: 'v1a' } }
    const client = await services.createClient({ name: 'v1a', claims })
    const { webhookPublicKey } = await rotate('v1a', 60)
    const point = Buffer.from((await secretInToken(client)).slice(5), 'base64').subarray(32)
    expect(webhookPublicKey).toBe(`whpk_${point.toString('base64')}`)
    expect(webhookPublicKey).not.toBe(client.webhookPublicKey)
  })

  test('serves the new public key first, then the former ones until their overlap is over', async () => {
    const first = await services.createClient({ name: 'overlapping', webhook: url })
    const second = await rotate('overlapping', 3_600)
    expect(await servedKeys('overlapping')).toEqual([
      second.webhookPublicKey,
      first.webhookPublicKey,
    ])
    const third = await rotate('overlapping', 3_600)
    expect(await servedKeys('overlapping')).toEqual(
      [third, second, first].map((keys) => keys.webhookPublicKey),
    )
    await services.administration.authorisation.query(
      `UPDATE former_webhook_keys SET expires_at = now() WHERE client_id = 'overlapping' AND public_key = $1`,
      [first.webhookPublicKey],
    )
    expect(await servedKeys('overlapping')).toEqual([
      third.webhookPublicKey,
      second.webhookPublicKey,
    ])
  })

  test('ends every former key at once without an overlap, and forgets it', async () => {
    await services.createClient({ name: 'leaked', webhook: url })
    await rotate('leaked', 3_600)
    const { webhookPublicKey } = await rotate('leaked', 0)
    expect(await servedKeys('leaked')).toEqual([webhookPublicKey])
    const { rowCount } = await services.administration.authorisation.query(
      `SELECT FROM former_webhook_keys WHERE client_id = 'leaked'`,
    )
    expect(rowCount).toBe(0)
  })

  test('touches no other client', async () => {
    const other = await services.createClient({ name: 'other', webhook: url })
    await services.createClient({ name: 'one', webhook: url })
    await rotate('one', 60)
    expect(await servedKeys('other')).toEqual([other.webhookPublicKey])
    expect(await secretInToken(other)).toBe(other.webhookSecret)
  })

  test('keeps no secret in the clear', async () => {
    await services.createClient({ name: 'sealed', webhook: url })
    const { webhookSecret } = await rotate('sealed', 60)
    const { rows } = await services.administration.authorisation.query('SELECT * FROM clients')
    expect(JSON.stringify(rows)).not.toContain(webhookSecret)
  })

  test('refuses an unknown client, and one whose claim brings a secret of its own', async () => {
    const claims = { 'push-1': { url, secret: createWebhookSecret() } }
    const client = await services.createClient({ name: 'given', claims })
    await expect(rotate('nobody', 60)).rejects.toMatchObject({ code: 'client-unknown' })
    await expect(rotate('given', 60)).rejects.toMatchObject({ code: 'webhook-secret-given' })
    expect(await servedKeys('given')).toEqual([client.webhookPublicKey])
  })
})
