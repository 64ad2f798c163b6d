import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { withTestServers } from './with-test-servers.ts'

/**
 * Runs `bench/NAME.ts` on servers of its own (those that are not configured), started and stopped for it. Returns its exit
 * code. Throws `IpsError('bench-unknown')`.
 */
export async function runBench(
  name: string,
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { root } = readSetup(environment)
  const script = await findScript(root, name)
  return withTestServers(environment, { tests: false }, async ({ start }) =>
    run([script, ...args], root, await start()),
  )
}

async function findScript(root: string, name: string): Promise<string> {
  const script = join(root, 'bench', `${name}.ts`)
  const exists = await access(script).then(
    () => /^[a-z-]+$/.test(name),
    () => false,
  )
  if (!exists) throw new IpsError('bench-unknown', `there is no bench ${name}`)
  return script
}

function run(args: readonly string[], cwd: string, env: Environment): Promise<number> {
  const flags = ['--disable-warning=TimeoutNegativeWarning']
  const child = spawn(process.execPath, [...flags, ...args], { cwd, env, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
