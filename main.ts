import { runRole, type RoleDefinition } from './lib/process/run-role.ts'
import { roles, type RoleName } from './lib/topology.ts'

/** Loads only what a role needs. */
const definitions: Record<RoleName, () => Promise<{ role: unknown }>> = {
  gateway: () => import('./gateway/main.ts'),
  ingestion: () => import('./gateway/ingestion/main.ts'),
  authentication: () => import('./gateway/authentication/main.ts'),
  authorisation: () => import('./gateway/authorisation/main.ts'),
  'vision-faceextract': () => import('./workers/faceextract/main.ts'),
  'vision-ocr': () => import('./workers/ocr/main.ts'),
  summary: () => import('./workers/summary/main.ts'),
  push: () => import('./workers/push/main.ts'),
  probe: () => import('./workers/probe/main.ts'),
}

const [name, ...args] = process.argv.slice(2)

if (name !== undefined && name in roles) {
  const { role } = await definitions[name as RoleName]()
  // The definition's own settings are only known to itself.
  // eslint-disable-next-line no-restricted-properties -- the one place where a process meets its environment
  await runRole(role as RoleDefinition, process.env, args)
} else {
  const lines = Object.entries(roles).map(([role, { purpose }]) => `  ${role.padEnd(20)}${purpose}`)
  process.stdout.write(`node main.ts ROLE [--synthetic] [--help]\n\n${lines.join('\n')}\n`)
  process.exitCode = name === undefined || name === '--help' ? 0 : 64
}
