import { describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import {
  maxRestarts,
  restartWindowMs,
  superviseComponent,
  type Supervision,
} from '../../../lib/process/supervise-component.ts'
import { until } from '../../support/until.ts'

/** Supervision on a clock that only pauses move, with a note of what it did. */
function createSupervision() {
  const failures: unknown[] = []
  const pauses: number[] = []
  const restarted: string[] = []
  const clock = { now: 1_000_000 }
  const supervision: Supervision = {
    logger: pino({ level: 'silent' }),
    fail: (error) => failures.push(error),
    onRestart: (component) => restarted.push(component),
    clock: () => clock.now,
    sleep(ms) {
      pauses.push(ms)
      clock.now += ms
      return Promise.resolve()
    },
  }
  return { supervision, failures, pauses, restarted, clock }
}

/** A component whose crashes the test causes, with a note of its starts and stops. */
function createComponent() {
  const notes: string[] = []
  const crashes: ((error: unknown) => void)[] = []
  return {
    notes,
    crash: (error: unknown) => crashes.at(-1)?.(error),
    start: (onCrash: (error: unknown) => void) => {
      const number = crashes.push(onCrash)
      notes.push(`start ${number}`)
      return { number, stop: () => Promise.resolve(void notes.push(`stop ${number}`)) }
    },
  }
}

const bug = new TypeError('on purpose')

describe('superviseComponent', () => {
  test('ends what has crashed, and starts it again', async () => {
    const { supervision, failures, restarted } = createSupervision()
    const { start, crash, notes } = createComponent()
    const supervised = await superviseComponent('it', start, supervision)
    crash(bug)
    expect(supervised.current()?.number).toBe(1)
    await until('the second one', () => supervised.current()?.number === 2)
    await supervised.stop()
    expect(notes).toEqual(['start 1', 'stop 1', 'start 2', 'stop 2'])
    expect({ failures, restarted }).toEqual({ failures: [], restarted: ['it'] })
    expect(supervised.current()).toBeUndefined()
  })

  test('gives a failure after the last restart of the window to the process, once', async () => {
    const { supervision, failures, pauses } = createSupervision()
    const { start, crash, notes } = createComponent()
    const supervised = await superviseComponent('it', start, supervision)
    for (let number = 1; number <= maxRestarts; number += 1) {
      crash(bug)
      await until('the next one', () => supervised.current()?.number === number + 1)
    }
    expect(failures).toEqual([])
    crash(bug)
    await until('the end', () => failures.length > 0)
    expect(failures).toMatchObject([{ code: 'component-failing', cause: bug }])
    expect(pauses).toEqual([1_000, 2_000, 4_000])
    expect(notes).toHaveLength(2 * (maxRestarts + 1))
  })

  test('forgets restarts that are older than the window', async () => {
    const { supervision, failures, pauses, clock } = createSupervision()
    const { start, crash } = createComponent()
    const supervised = await superviseComponent('it', start, supervision)
    for (let number = 1; number <= 3 * maxRestarts; number += 1) {
      clock.now += restartWindowMs
      crash(bug)
      await until('the next one', () => supervised.current()?.number === number + 1)
    }
    expect(failures).toEqual([])
    expect(new Set(pauses)).toEqual(new Set([1_000]))
    await supervised.stop()
  })

  test('tries a start that fails again, as often as it restarts', async () => {
    const { supervision, failures } = createSupervision()
    let tries = 0
    const start = () => {
      tries += 1
      return Promise.reject(bug)
    }
    const starting = superviseComponent('it', start, supervision)
    await expect(starting).rejects.toMatchObject({ code: 'component-failing', cause: bug })
    expect(tries).toBe(maxRestarts + 1)
    expect(failures).toEqual([])
  })

  test('resolves as soon as a start succeeds', async () => {
    const { supervision } = createSupervision()
    let tries = 0
    const supervised = await superviseComponent(
      'it',
      () => {
        tries += 1
        return tries < 3 ? Promise.reject(bug) : { tries, stop: () => undefined }
      },
      supervision,
    )
    expect(supervised.current()?.tries).toBe(3)
    await supervised.stop()
  })

  test('restarts what cannot be ended in order', async () => {
    const { supervision, failures } = createSupervision()
    const { start, crash } = createComponent()
    const supervised = await superviseComponent(
      'it',
      (onCrash) => {
        const { number } = start(onCrash)
        return { number, stop: () => (number === 1 ? Promise.reject(bug) : undefined) }
      },
      supervision,
    )
    crash(bug)
    await until('the second one', () => supervised.current()?.number === 2)
    await supervised.stop()
    expect(failures).toEqual([])
  })

  test('starts nothing again after it was stopped, not even in a pause', async () => {
    const { supervision, failures } = createSupervision()
    const { start, crash, notes } = createComponent()
    const paused = Promise.withResolvers<undefined>()
    const sleep = () => {
      paused.resolve(undefined)
      return new Promise<undefined>(() => undefined)
    }
    const supervised = await superviseComponent('it', start, { ...supervision, sleep })
    crash(bug)
    await paused.promise
    await supervised.stop()
    expect(notes).toEqual(['start 1', 'stop 1'])
    expect(failures).toEqual([])
  })

  test('says where an orderly stop fails', async () => {
    const { supervision, failures } = createSupervision()
    const start = () => ({ stop: () => Promise.reject(bug) })
    const supervised = await superviseComponent('it', start, supervision)
    await expect(supervised.stop()).rejects.toBe(bug)
    expect(failures).toEqual([])
  })
})
