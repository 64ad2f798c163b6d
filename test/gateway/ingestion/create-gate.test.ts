import { describe, expect, test } from '@jest/globals'
import { createGate } from '../../../gateway/ingestion/create-gate.ts'

const never = new AbortController().signal

function createWork() {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const work = { started: false, finish: () => resolve(undefined), run: () => promise }
  return {
    work,
    run: () => {
      work.started = true
      return promise
    },
  }
}

describe('the gate', () => {
  test('starts work in order, as long as the sizes together fit', async () => {
    const gate = createGate(10)
    const all = [createWork(), createWork(), createWork(), createWork()]
    const sizes = [6, 4, 20, 1]
    const running = all.map(({ run }, index) => gate.run(sizes[index] ?? 0, never, run))
    const started = async () => {
      await new Promise(setImmediate)
      return all.map(({ work }) => work.started)
    }
    expect(await started()).toEqual([true, true, false, false])
    all[0]?.work.finish()
    expect(await started()).toEqual([true, true, false, false])
    all[1]?.work.finish()
    expect(await started()).toEqual([true, true, true, false])
    all[2]?.work.finish()
    expect(await started()).toEqual([true, true, true, true])
    all[3]?.work.finish()
    await Promise.all(running)
  })

  test('lets go of what waits too long, and lets the next one through', async () => {
    const gate = createGate(10)
    const [first, second, third] = [createWork(), createWork(), createWork()]
    const running = gate.run(8, never, first.run)
    const controller = new AbortController()
    const waiting = gate.run(8, controller.signal, second.run)
    const small = gate.run(2, never, third.run)
    controller.abort(new Error('too late'))
    await expect(waiting).rejects.toThrow('too late')
    await new Promise(setImmediate)
    expect([second.work.started, third.work.started]).toEqual([false, true])
    third.work.finish()
    first.work.finish()
    await Promise.all([running, small])
  })

  test('goes on after work that failed', async () => {
    const gate = createGate(1)
    await expect(gate.run(1, never, () => Promise.reject(new Error('x')))).rejects.toThrow('x')
    await expect(gate.run(1, never, () => Promise.resolve(7))).resolves.toBe(7)
  })
})
