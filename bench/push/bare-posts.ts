import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { Pool } from 'undici'

/**
 * The bare thing: POSTs of 1 KiB with an HMAC from this process to the sink, over 32 connections, with no journal, no
 * workflow and no Kafka. Prints how many a second.
 */
const [origin = '', count = '20000'] = process.argv.slice(2)
const connections = 32
const body = 'x'.repeat(1_024)
const key = createSecretKey(randomBytes(32))

const pool = new Pool(origin, { connections, pipelining: 1 })
let started = 0
const run = async () => {
  while (started < Number(count)) {
    started += 1
    const id = `bare-${started}`
    const timestamp = Math.floor(Date.now() / 1_000)
    const signature = createHmac('sha256', key)
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64')
    const response = await pool.request({
      path: '/ok/bare',
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signature}`,
      },
      body,
    })
    await response.body.dump()
  }
}
const startedAt = performance.now()
await Promise.all(Array.from({ length: connections }, run))
process.stdout.write(`${(Number(count) * 1_000) / (performance.now() - startedAt)}\n`)
await pool.close()
