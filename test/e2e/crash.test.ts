import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createTestClient, type TestClient } from '../support/client.ts'
import { startSystem, type System } from '../support/system.ts'
import { generateImage } from '../support/generate-image.ts'

const images = 100
const killedRoles = ['vision-faceextract', 'vision-ocr', 'summary', 'push', 'gateway']
const timeoutMs = 300_000

/**
 * What must hold when any process is killed at any line: every accepted image gets its terminal message from every
 * service, the transaction its summary, and what comes twice has the same id and the same body.
 */
describe('a system whose processes are killed', () => {
  let system: System
  let client: TestClient

  beforeAll(async () => {
    system = await startSystem()
    client = await createTestClient(system, 'crashes')
  }, timeoutMs)

  afterAll(async () => {
    await client.receiver.close()
    await system.stop()
  }, 60_000)

  it(
    'loses nothing',
    async () => {
      const posted = new Set<string>()
      for (let index = 0; index < images; index += 1) {
        const role = killedRoles[index / 20]
        if (role !== undefined) await kill(system, role)
        posted.add((await client.post('crash', await generateImage(index), images)).imageId)
      }
      expect(posted.size).toBe(images)
      await client.receiver.waitFor((received) => {
        const terminals = received.filter(({ type }) => type === 'vision.v1m0.ImageProcessed')
        const distinct = new Set(terminals.map(({ id }) => id))
        return (
          distinct.size === images * 2 && received.some(({ type }) => type.startsWith('summary.'))
        )
      }, timeoutMs)

      const { received } = client.receiver
      expect(new Set(received.map(({ imageId }) => imageId))).toEqual(new Set([...posted, '']))
      const bodies = Map.groupBy(received, ({ id }) => id)
      for (const copies of bodies.values()) {
        expect(new Set(copies.map(({ body }) => body)).size).toBe(1)
      }
      const summary = received.findLast(({ type }) => type.startsWith('summary.'))
      expect(summary?.data).toMatchObject({
        state: 'STATE_COMPLETE',
        missing: [],
        missingImages: 0,
      })
      const { roles } = await system.status()
      expect(
        roles.filter(({ role, restarts }) => killedRoles.includes(role) && restarts < 1),
      ).toEqual([])
    },
    timeoutMs * 2,
  )
})

/** Kills a role as a crash would, and does not wait for it to come back. */
async function kill(system: System, role: string): Promise<void> {
  const { roles } = await system.status()
  const found = roles.find((entry) => entry.role === role)
  if (found === undefined) throw new Error(`no role ${role}`)
  process.kill(found.pid, 'SIGKILL')
}
