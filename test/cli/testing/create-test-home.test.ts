import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { createTestHome } from '../../../cli/testing/create-test-home.ts'

test('a run gets a home of its own, and removes what a killed run left but not what is in use', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'ips-homes-'))
  try {
    const left = mkdtempSync(path.join(directory, 'ips-test-'))
    const first = await createTestHome(directory)
    const second = await createTestHome(directory)
    expect([left, first, second].map((home) => existsSync(home))).toEqual([false, true, true])
  } finally {
    rmSync(directory, { recursive: true })
  }
})
