import { rm } from 'node:fs/promises'
import { installAll } from '../install/install-all.ts'
import { neededArtefacts } from '../install/needed-artefacts.ts'
import { portsPerBase } from '../setup/ports.ts'
import { readSetup, type Environment, type Setup } from '../setup/read-setup.ts'
import { testEnvironment } from '../setup/test-environment.ts'
import { startDetached } from '../supervisor/start-detached.ts'
import { prepareStart } from '../supervisor/start-system.ts'
import { stopEverything } from '../supervisor/stop-everything.ts'
import { createTestHome } from './create-test-home.ts'
import { findPortBase } from './find-port-base.ts'

/** What programs that need servers are run with. */
export interface TestServers {
  readonly setup: Setup
  /** Starts the servers that are not configured; call it once. Resolves with the environment that says where they are. */
  readonly start: () => Promise<Environment>
}

const plan = { serversOnly: true, synthetic: false, extraRoles: [] }

/**
 * Installs models and samples, with `tests` also what only tests need, runs `work` with a home and ports of its own, and
 * stops the servers and removes the home whatever happened.
 */
export async function withTestServers<T>(
  environment: Environment,
  options: { tests: boolean },
  work: (servers: TestServers) => Promise<T>,
): Promise<T> {
  const home = await createTestHome()
  try {
    const base = await findPortBase(portsPerBase)
    const setup = readSetup({ ...environment, IPS_HOME: home, IPS_PORT_BASE: String(base) })
    const needed = await neededArtefacts(setup, { models: true, samples: true, ...options })
    await installAll(needed, setup.cache, setup.environment)
    return await work({ setup, start: () => start(setup) })
  } finally {
    await stopEverything(home)
    await rm(home, { recursive: true, force: true })
  }
}

async function start(setup: Setup): Promise<Environment> {
  await prepareStart(setup, plan)
  await startDetached(setup, plan, { ownedByCaller: true })
  return {
    ...setup.environment,
    ...testEnvironment(setup),
    // Copies of racc that are started there must not meet this one's.
    IPS_HOME: '',
    IPS_PORT_BASE: '',
  }
}
