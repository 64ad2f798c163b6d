import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eraseClient, type ErasureSteps } from '../../../cli/erasure/erase-client.ts'

const now = () => new Date('2026-11-24T06:00:00Z')

/** What there is of one client, and of another one. */
function createWorld() {
  const world = {
    rights: new Set(['anna', 'berta']),
    keys: new Set(
      ['anna', 'berta'].flatMap((id) => [`push ${id}`, `summary ${id}`, `firehose ${id}`]),
    ),
    rows: new Map([
      ['push anna', 3],
      ['summary anna', 4],
      ['push berta', 5],
    ]),
    workflows: new Set(['anna 1', 'anna 2', 'berta 1']),
    noticed: true,
  }
  const steps: ErasureSteps = {
    checkKeys: () => Promise.resolve(),
    stopRights(clientId) {
      world.rights.delete(clientId)
      return Promise.resolve(now())
    },
    eraseKey(service, clientId) {
      world.noticed = false
      return Promise.resolve(world.keys.delete(`${service} ${clientId}`))
    },
    untilNoticed() {
      world.noticed = true
      return Promise.resolve()
    },
    eraseRows(service, clientId) {
      // A process that has not noticed would append more.
      expect(world.noticed).toBe(true)
      expect(world.keys.has(`${service} ${clientId}`)).toBe(false)
      const rows = world.rows.get(`${service} ${clientId}`) ?? 0
      world.rows.delete(`${service} ${clientId}`)
      return Promise.resolve(rows)
    },
    eraseWorkflows(clientId) {
      expect([...world.rows.keys()].some((key) => key.endsWith(clientId))).toBe(false)
      const workflows = [...world.workflows].filter((id) => id.startsWith(clientId))
      for (const id of workflows) world.workflows.delete(id)
      return Promise.resolve(workflows.length)
    },
  }
  return { world, steps }
}

/** The steps of a process that dies at its `life`th one, before it or when its work is done and nobody heard of it. */
function mortal(steps: ErasureSteps, life: number): ErasureSteps {
  let taken = 0
  const step =
    <Arguments extends unknown[], T>(work: (...args: Arguments) => Promise<T>) =>
    async (...args: Arguments): Promise<T> => {
      taken += 1
      if (taken === life && life % 2 === 1) throw new Error('dead')
      const result = await work(...args)
      if (taken === life) throw new Error('dead')
      return result
    }
  return {
    checkKeys: step((...of: Parameters<ErasureSteps['checkKeys']>) => steps.checkKeys(...of)),
    stopRights: step((...of: Parameters<ErasureSteps['stopRights']>) => steps.stopRights(...of)),
    eraseKey: step((...of: Parameters<ErasureSteps['eraseKey']>) => steps.eraseKey(...of)),
    untilNoticed: step(() => steps.untilNoticed()),
    eraseRows: step((...of: Parameters<ErasureSteps['eraseRows']>) => steps.eraseRows(...of)),
    eraseWorkflows: step((...of: Parameters<ErasureSteps['eraseWorkflows']>) =>
      steps.eraseWorkflows(...of),
    ),
  }
}

test('an erasure that dies anywhere, any number of times, is completed by the next one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 4 }), async (lives) => {
      const { world, steps } = createWorld()
      for (const life of lives)
        await eraseClient(mortal(steps, life), 'anna', now).catch(() => undefined)
      await eraseClient(steps, 'anna', now)
      expect(world).toEqual({
        rights: new Set(['berta']),
        keys: new Set(['push berta', 'summary berta', 'firehose berta']),
        rows: new Map([['push berta', 5]]),
        workflows: new Set(['berta 1']),
        noticed: true,
      })
    }),
  )
})

test('nothing is changed where the keys of a service are elsewhere', async () => {
  const { world, steps } = createWorld()
  const elsewhere = new Error('elsewhere')
  const checkKeys: ErasureSteps['checkKeys'] = (service) =>
    service === 'push' ? Promise.reject(elsewhere) : Promise.resolve()
  await expect(eraseClient({ ...steps, checkKeys }, 'anna', now)).rejects.toBe(elsewhere)
  expect(world).toEqual(createWorld().world)
})

test('it is announced when the keys are gone, and not for a client that there is not', async () => {
  const { world, steps } = createWorld()
  const announced: number[] = []
  const announce = () => void announced.push(world.keys.size)
  const unknown = new Error('there is no such client')
  const stopRights = () => Promise.reject(unknown)
  const nobody = eraseClient({ ...steps, stopRights }, 'nobody', now, announce)
  await expect(nobody).rejects.toBe(unknown)
  expect(announced).toEqual([])
  await eraseClient(steps, 'anna', now, announce)
  expect(announced).toEqual([3])
})

test('the report says what was done, and until when the rest remains', async () => {
  const { steps } = createWorld()
  const report = await eraseClient(steps, 'anna', now)
  expect(report).toMatchObject({
    clientId: 'anna',
    erasedAt: now(),
    services: [
      { service: 'summary', hadKey: true, rowsRemoved: 4 },
      { service: 'push', hadKey: true, rowsRemoved: 3 },
      { service: 'firehose', hadKey: true, rowsRemoved: 0 },
    ],
    workflowsRemoved: 2,
  })
  expect(report.remains).toContainEqual({
    where: 'topic ingest-1',
    what: 'its images',
    until: new Date('2026-11-27T07:00:00Z'),
  })
  expect(await eraseClient(steps, 'anna', now)).toMatchObject({
    services: [
      { hadKey: false, rowsRemoved: 0 },
      { hadKey: false, rowsRemoved: 0 },
      { hadKey: false, rowsRemoved: 0 },
    ],
    workflowsRemoved: 0,
  })
})
