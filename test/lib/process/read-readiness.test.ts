import { describe, expect, jest, test } from '@jest/globals'
import { readReadiness, type Dependencies } from '../../../lib/process/read-readiness.ts'

describe('the readiness of a role', () => {
  const well = {
    consumer: { current: () => ({ isConnected: () => true }) },
    worker: { current: () => ({ isRunning: () => true }) },
    journal: { check: () => Promise.resolve() },
    keys: { check: () => Promise.resolve() },
  }

  test('is ok where everything is', async () => {
    await expect(readReadiness(well)).resolves.toEqual({
      kafka: 'ok',
      temporal: 'ok',
      journal: 'ok',
      keys: 'ok',
    })
  })

  test.each<[Partial<Dependencies>, string]>([
    [{ consumer: { current: () => ({ isConnected: () => false }) } }, 'kafka'],
    [{ consumer: { current: () => undefined } }, 'kafka'],
    [{ worker: { current: () => ({ isRunning: () => false }) } }, 'temporal'],
    [{ worker: { current: () => undefined } }, 'temporal'],
    [{ journal: { check: () => Promise.reject(new Error('away')) } }, 'journal'],
    [{ keys: { check: () => Promise.reject(new Error('away')) } }, 'keys'],
  ])('names what is not well', async (bad, name) => {
    const readiness = await readReadiness({ ...well, ...bad })
    expect(Object.keys(readiness).filter((key) => readiness[key] !== 'ok')).toEqual([name])
  })

  test('names what does not answer', async () => {
    jest.useFakeTimers()
    const silent = { check: () => new Promise<void>(() => undefined) }
    const readiness = readReadiness({ ...well, journal: silent, keys: silent })
    await jest.runAllTimersAsync()
    await expect(readiness).resolves.toMatchObject({
      ...{ kafka: 'ok', journal: 'does not answer', keys: 'does not answer' },
    })
    jest.useRealTimers()
  })
})
