import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createDelivery } from '../../support/push-journal.ts'
import { until } from '../../support/until.ts'
import { createRunFixtures, type RunFixtures } from './create-run-fixtures.ts'

let fixtures: RunFixtures

beforeAll(async () => {
  fixtures = await createRunFixtures()
})

afterEach(async () => {
  await fixtures.closeSinks()
})

afterAll(async () => {
  await fixtures.drop()
})

describe('falling asleep', () => {
  test('never loses a message, however appends and sleep meet', async () => {
    const fixture = await fixtures.create()
    const writers = 4
    const perWriter = 150
    let running = 0
    let sleeps = 0
    let isRunningTwice = false
    const failures: unknown[] = []
    const runs: Promise<unknown>[] = []
    // What the workflow does: one delivery at a time, and another look after a wake-up in between.
    let isWoken = false
    const wake = () => {
      isWoken = true
      if (running > 0) return
      running += 1
      isRunningTwice ||= running > 1
      runs.push(
        (async () => {
          while (isWoken) {
            isWoken = false
            sleeps += 1
            await fixture.run()
          }
          running -= 1
        })().catch((error: unknown) => failures.push(error)),
      )
    }
    const ids = Array.from({ length: writers }, (_, writer) =>
      Array.from({ length: perWriter }, (_, index) => `${writer}-${index}`),
    )
    await Promise.all(
      ids.map(async (own, writer) => {
        for (const [index, id] of own.entries()) {
          const { woken } = await fixtures.test.journal.append([
            createDelivery(fixture.endpoint, id),
          ])
          if (woken.length > 0) wake()
          if (index % 25 === 0) await until('the endpoint is asleep', () => running === 0)
          // Gaps of all lengths around that of a delivery.
          for (let turn = 0; turn < (index * (writer + 3)) % 40; turn += 1)
            await new Promise((resolve) => setImmediate(resolve))
        }
      }),
    )
    await until('the endpoint is asleep', () => running === 0)
    await Promise.all(runs)
    expect(failures).toEqual([])
    expect(isRunningTwice).toBe(false)
    expect(fixture.sink.ids()).toEqual(new Set(ids.flat()))
    expect(fixture.sink.received).toHaveLength(writers * perWriter)
    expect(sleeps).toBeGreaterThanOrEqual(perWriter / 25)
  })

  test('waits for the lock of an append that has not committed', async () => {
    const fixture = await fixtures.create()
    const { endpointId } = fixture.endpoint
    await fixture.append(['one'])
    const client = await fixtures.test.pool.connect()
    try {
      await client.query('BEGIN')
      await client.query('SELECT FROM endpoints WHERE endpoint_id = $1 FOR UPDATE', [endpointId])
      const run = fixture.run()
      await until('it wants to fall asleep', async () => {
        const { rows } = await fixtures.test.pool.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT FROM endpoints%' AND datname = current_database()`,
        )
        return rows.length > 0
      })
      await client.query(
        `INSERT INTO deliveries (endpoint_id, message_id, type, correlation_id, image_id, traceparent, body)
         VALUES ($1, 'two', 'type', 'case', '', '', '{}')`,
        [endpointId],
      )
      await client.query('COMMIT')
      await expect(run).resolves.toMatchObject({ outcome: 'asleep', delivered: 2 })
    } finally {
      client.release()
    }
  })
})
