import { spawn } from 'node:child_process'
import { access, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { installAll } from '../install/install-all.ts'
import { neededArtefacts } from '../install/needed-artefacts.ts'
import { portsPerBase } from '../setup/ports.ts'
import { readSetup, type Environment, type Setup } from '../setup/read-setup.ts'
import { testEnvironment } from '../setup/test-environment.ts'
import { prepareStart } from '../supervisor/start-system.ts'
import { startDetached } from '../supervisor/start-detached.ts'
import { stopEverything } from '../supervisor/stop-everything.ts'
import { createTestHome } from './create-test-home.ts'
import { findPortBase } from './find-port-base.ts'

const plan = { serversOnly: true, synthetic: false, extraRoles: [] }

/**
 * Runs `bench/NAME.ts` on servers of its own (those that are not configured), started and stopped for it. Returns its exit
 * code. Throws `IpsError('bench-unknown')`.
 */
export async function runBench(
  name: string,
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const home = await createTestHome()
  try {
    const base = await findPortBase(portsPerBase)
    const setup = readSetup({ ...environment, IPS_HOME: home, IPS_PORT_BASE: String(base) })
    const script = await findScript(setup, name)
    const needed = await neededArtefacts(setup, { models: true, samples: true, tests: false })
    await installAll(needed, setup.cache, setup.environment)
    await prepareStart(setup, plan)
    await startDetached(setup, plan, { ownedByCaller: true })
    return await run(setup, script, args)
  } finally {
    await stopEverything(home)
    await rm(home, { recursive: true, force: true })
  }
}

async function findScript({ root }: Setup, name: string): Promise<string> {
  const script = join(root, 'bench', `${name}.ts`)
  const exists = await access(script).then(
    () => /^[a-z-]+$/.test(name),
    () => false,
  )
  if (!exists) throw new IpsError('bench-unknown', `there is no bench ${name}`)
  return script
}

function run(setup: Setup, script: string, args: readonly string[]): Promise<number> {
  const environment = {
    ...setup.environment,
    ...testEnvironment(setup),
    // A system that the bench starts must not meet this one.
    IPS_HOME: '',
    IPS_PORT_BASE: '',
  }
  const flags = ['--disable-warning=TimeoutNegativeWarning']
  const child = spawn(process.execPath, [...flags, script, ...args], {
    cwd: setup.root,
    env: environment,
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
