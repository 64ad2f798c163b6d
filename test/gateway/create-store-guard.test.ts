import { describe, expect, test } from '@jest/globals'
import { createStoreGuard } from '../../gateway/create-store-guard.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'

const away = { code: 'store-unavailable', retryable: true }
const unavailable = () => new IpsError('store-unavailable', 'away', { retryable: true })

function createFixture() {
  const changes: boolean[] = []
  const fixture = { elapsedMs: 0, calls: 0, changes }
  const guard = createStoreGuard({
    elapsedMs: () => fixture.elapsedMs,
    onChange: ({ away }) => changes.push(away),
  })
  const run = (work: () => Promise<string>) =>
    guard.run(() => {
      fixture.calls += 1
      return work()
    })
  const fail = () => expect(run(() => Promise.reject(unavailable()))).rejects.toMatchObject(away)
  return { fixture, run, fail }
}

describe('the guard of a store', () => {
  test('lets everything through while the store answers, its other errors too', async () => {
    const { fixture, run } = createFixture()
    await expect(run(() => Promise.resolve('read'))).resolves.toBe('read')
    await expect(
      run(() => Promise.reject(new IpsError('secret-unreadable', 'no'))),
    ).rejects.toMatchObject({
      code: 'secret-unreadable',
    })
    await expect(run(() => Promise.resolve('read'))).resolves.toBe('read')
    expect(fixture).toMatchObject({ calls: 3, changes: [] })
  })

  test('keeps everybody from a store that was away a second ago, then lets one try', async () => {
    const { fixture, run, fail } = createFixture()
    await fail()
    await fail()
    expect(fixture.calls).toBe(1)
    fixture.elapsedMs = 1_000
    const { promise, reject } = Promise.withResolvers<string>()
    const trial = run(() => promise)
    await fail()
    expect(fixture.calls).toBe(2)
    reject(unavailable())
    await expect(trial).rejects.toMatchObject(away)
    await fail()
    expect(fixture).toMatchObject({ calls: 2, changes: [true] })
  })

  test('opens as soon as one was answered', async () => {
    const { fixture, run, fail } = createFixture()
    await fail()
    fixture.elapsedMs = 1_000
    await run(() => Promise.resolve('read'))
    await Promise.all([run(() => Promise.resolve('a')), run(() => Promise.resolve('b'))])
    expect(fixture).toMatchObject({ calls: 4, changes: [true, false] })
  })
})
