import { runRole, type RoleDefinition } from '../../../lib/process/run-role.ts'
import { visionRole } from '../../../workers/vision/vision-role.ts'
import { moody } from './moody-service.ts'

const role = visionRole({
  // Under the name of a role that exists; its group is the test's own by its prefix.
  name: 'vision-ocr',
  service: moody,
  module: new URL('./moody-service.ts', import.meta.url),
})

await runRole(role as unknown as RoleDefinition, process.env, process.argv.slice(2))
