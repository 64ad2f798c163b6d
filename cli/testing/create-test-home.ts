import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tryLock } from '../processes/acquire-lock.ts'
import { stopEverything } from '../supervisor/stop-everything.ts'

const prefix = 'ips-test-'

/**
 * Creates the home of one run of the tests, and removes those of runs that were killed, with what still runs from them.
 * A run holds its home's lock as long as its process lives.
 */
export async function createTestHome(directory = tmpdir()): Promise<string> {
  const homes = (await readdir(directory)).filter((name) => name.startsWith(prefix))
  for (const home of homes.map((name) => join(directory, name))) {
    const lock = await tryLock(home)
    if (lock === undefined) continue
    await stopEverything(home)
    await rm(home, { recursive: true, force: true })
    await lock.release()
  }
  for (;;) {
    const home = await mkdtemp(join(directory, prefix))
    // Between the two steps another run may have taken it for one that was left behind.
    if ((await tryLock(home)) !== undefined && existsSync(home)) return home
  }
}
