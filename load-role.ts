import type { RoleDefinition } from './lib/process/run-role.ts'
import type { RoleName } from './lib/topology.ts'

/** Where each role is defined. A process loads only its own. */
const modules: Record<RoleName, () => Promise<{ role: unknown }>> = {
  gateway: () => import('./gateway/main.ts'),
  ingestion: () => import('./gateway/ingestion/main.ts'),
  authentication: () => import('./gateway/authentication/main.ts'),
  authorisation: () => import('./gateway/authorisation/main.ts'),
  'firehose-stream': () => import('./gateway/firehose/main.ts'),
  'vision-faceextract': () => import('./workers/faceextract/main.ts'),
  'vision-ocr': () => import('./workers/ocr/main.ts'),
  summary: () => import('./workers/summary/main.ts'),
  push: () => import('./workers/push/main.ts'),
  firehose: () => import('./workers/firehose/main.ts'),
  probe: () => import('./workers/probe/main.ts'),
}

/** Loads the definition of a role. The types of its settings are known to itself only. */
export async function loadRole(name: RoleName): Promise<RoleDefinition> {
  const { role } = await modules[name]()
  return role as RoleDefinition
}
