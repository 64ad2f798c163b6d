import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { runTool } from '../install/run-tool.ts'
import { ensurePostgresPassword, postgresPasswordFile } from '../setup/addresses.ts'
import type { Setup } from '../setup/read-setup.ts'

const noDocker =
  'there is no Docker with Compose: install it, or leave --docker away, racc starts everything without it.'

/** Starts the system of docker-compose.yml and waits until it is healthy. Throws `IpsError('docker-unavailable')`. */
export async function composeUp(setup: Setup, options: { synthetic: boolean }): Promise<void> {
  ensurePostgresPassword(setup.home)
  await compose(setup, ['up', '--build', '--detach', '--wait'], {
    SYNTHETIC: String(options.synthetic),
  })
}

/** Stops what `composeUp` started; its volumes stay. */
export async function composeDown(setup: Setup): Promise<void> {
  ensurePostgresPassword(setup.home)
  await compose(setup, ['down'], {})
}

async function compose(setup: Setup, args: readonly string[], more: Record<string, string>) {
  const environment = { ...setup.environment }
  // Answers only where the daemon does.
  await runTool('docker', ['version', '--format', '{{.Server.Version}}'], {
    missing: noDocker,
    environment,
  }).catch((cause: unknown) => {
    if (cause instanceof IpsError && cause.code === 'tool-missing') throw cause
    throw new IpsError(
      'docker-unavailable',
      'Docker is installed and its daemon does not answer: start it, or leave --docker away, racc starts everything without it.',
      { cause },
    )
  })
  const child = spawn('docker', ['compose', '--project-directory', setup.root, ...args], {
    stdio: 'inherit',
    env: {
      POSTGRES_PASSWORD: readFileSync(postgresPasswordFile(setup.home), 'utf8').trim(),
      ...environment,
      ...more,
    },
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) {
    throw new IpsError(
      'docker-failed',
      `docker compose ${args[0] ?? ''} failed: see its message above.`,
    )
  }
}
