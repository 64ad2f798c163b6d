import { IpsError } from '../../lib/errors/ips-error.ts'
import { installAll } from '../install/install-all.ts'
import { neededArtefacts } from '../install/needed-artefacts.ts'
import { checkDisk, minimumHomeBytes } from '../preflight/check-disk.ts'
import { checkPorts } from '../preflight/check-ports.ts'
import { wantedPorts } from '../preflight/wanted-ports.ts'
import { tryLock } from '../processes/acquire-lock.ts'
import { checkConfigured } from '../servers/check-configured.ts'
import type { Setup } from '../setup/read-setup.ts'
import { createPlan, rolesToRun, type PlanOptions } from './create-plan.ts'
import { stopOrphans, supervisorLockOf } from './stop-everything.ts'
import { supervise, type SuperviseOptions } from './supervise.ts'

/**
 * Checks that the system can start here: what an earlier supervisor left is ended, configured servers answer, ports are
 * free, there is disk, and everything is installed. Throws an `IpsError` whose message is one sentence that says what is
 * missing.
 */
export async function prepareStart(setup: Setup, options: PlanOptions): Promise<void> {
  await stopOrphans(setup.home)
  await checkConfigured(setup)
  await checkPorts(wantedPorts(setup, rolesToRun(options)))
  checkDisk(setup.home, minimumHomeBytes, 'IPS_HOME')
  // Whoever starts servers alone wants to run tests on them.
  const { serversOnly, synthetic } = options
  const use = { models: serversOnly || !synthetic, samples: serversOnly, tests: serversOnly }
  const needed = await neededArtefacts(setup, use)
  await installAll(needed, setup.cache, setup.environment)
}

/**
 * Runs the system as this process's children until `signal` is aborted. Throws `IpsError('already-running')` where a
 * supervisor of the same home lives.
 */
export async function runSystem(
  setup: Setup,
  plan: PlanOptions,
  options: SuperviseOptions,
): Promise<void> {
  const lock = await tryLock(supervisorLockOf(setup.home))
  if (lock === undefined) {
    throw new IpsError(
      'already-running',
      `the system already runs from ${setup.home}: see ./racc status.`,
    )
  }
  try {
    await prepareStart(setup, plan)
    await supervise(await createPlan(setup, plan), options)
  } finally {
    await lock.release()
  }
}
