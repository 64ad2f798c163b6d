import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemEnvironment } from '../support/system.ts'

const run = promisify(execFile)
const timeoutMs = 400_000

describe('racc demo --once', () => {
  let home: string
  let environment: NodeJS.ProcessEnv

  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'ips-demo-'))
    environment = await systemEnvironment(home)
  })

  afterAll(() => rm(home, { recursive: true, force: true }))

  it(
    'shows verified webhooks and a complete summary, and leaves nothing running',
    async () => {
      const { stdout } = await run('./racc', ['demo', '--once'], { env: environment })
      expect(stdout).toMatch(/webhook ✓ faceextract\.v1m1\.ExtractedFace +sample1\.jpg/)
      expect(stdout).toContain('summary: STATE_COMPLETE, 5 images, 8 people')
      expect(stdout).toMatch(/Garden lantern, brass 39\.80/)
      expect(stdout).toMatch(/^ +Jane Miller +1\.00 delivery-note\.png, parcel-label\.png$/im)
      expect(stdout).toMatch(/webhook ✓ summary\.v1m1\.TransactionSummary/)
      const status = await run('./racc', ['status', '--json'], { env: environment })
      const { roles } = JSON.parse(status.stdout) as { roles: { state: string }[] }
      expect(roles.filter(({ state }) => state !== 'stopped')).toEqual([])
    },
    timeoutMs,
  )
})
