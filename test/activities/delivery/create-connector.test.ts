import { afterEach, describe, expect, test } from '@jest/globals'
import { Agent, request } from 'undici'
import { createAddressPolicy } from '../../../activities/delivery/create-address-policy.ts'
import { createConnector, type ResolveName } from '../../../activities/delivery/create-connector.ts'
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.ts'

const sinks: WebhookSink[] = []
const agents: Agent[] = []

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.destroy()))
  await Promise.all(sinks.splice(0).map((sink) => sink.close()))
})

async function post(hostname: string, allowed: string[], resolveName?: ResolveName) {
  const sink = await startWebhookSink()
  const policy = createAddressPolicy(allowed)
  const agent = new Agent({
    connect: createConnector(policy, resolveName === undefined ? {} : { resolveName }),
  })
  sinks.push(sink)
  agents.push(agent)
  const url = new URL(sink.url)
  const target = `http://${hostname}:${url.port}/hook`
  const { statusCode, body } = await request(target, { method: 'POST', dispatcher: agent })
  await body.dump()
  return { statusCode, connections: sink.connections() }
}

describe('the connector', () => {
  test.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0x7f000001',
    '0177.0.0.1',
    '0x7f.1',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '１２７.0.0.1',
    '127。0。0。1',
    '①②⑦.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[0:0:0:0:0:0:0:1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    'localhost',
    'LOCALHOST',
  ])('does not connect to loopback written as %s', async (hostname) => {
    await expect(post(hostname, [])).rejects.toMatchObject({ code: 'address-denied' })
  })

  test('connects where an operator allows it', async () => {
    await expect(post('127.0.0.1', ['127.0.0.0/8'])).resolves.toMatchObject({ statusCode: 204 })
    await expect(post('localhost', ['127.0.0.0/8', '::1/128'])).resolves.toMatchObject({
      statusCode: 204,
    })
  })

  test('refuses a name with one denied address among good ones', async () => {
    const resolveName: ResolveName = (_hostname, callback) =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ])
    await expect(post('hooks.example', ['127.0.0.0/8'], resolveName)).rejects.toMatchObject({
      code: 'address-denied',
    })
  })

  test('connects to the address that was checked, without a second resolution', async () => {
    let resolutions = 0
    const resolveName: ResolveName = (_hostname, callback) => {
      resolutions += 1
      // A name that changes to a denied address right after the check.
      const address = resolutions === 1 ? '127.0.0.1' : '169.254.169.254'
      callback(null, [{ address, family: 4 }])
    }
    await expect(post('hooks.example', ['127.0.0.0/8'], resolveName)).resolves.toMatchObject({
      statusCode: 204,
    })
    expect(resolutions).toBe(1)
  })

  test('checks every new connection, however often a name changes its answer', async () => {
    let resolutions = 0
    const resolveName: ResolveName = (_hostname, callback) => {
      resolutions += 1
      callback(null, [{ address: resolutions === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }])
    }
    await expect(post('hooks.example', ['127.0.0.0/8'], resolveName)).resolves.toBeDefined()
    await expect(post('hooks.example', ['127.0.0.0/8'], resolveName)).rejects.toMatchObject({
      code: 'address-denied',
    })
  })

  test('says when a name cannot be resolved', async () => {
    const resolveName: ResolveName = (_hostname, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), undefined)
    await expect(post('hooks.example', [], resolveName)).rejects.toMatchObject({
      code: 'ENOTFOUND',
    })
  })

  test('survives a name that the system cannot resolve', async () => {
    // RFC 2606 keeps this domain from ever existing; without a network the resolver says so in another way.
    await expect(post('hooks.invalid', [])).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    })
  })
})
