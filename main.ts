import { setupKafka } from './lib/kafka/setup-kafka.ts'
import { runRole } from './lib/process/run-role.ts'
import { roles, type RoleName } from './lib/topology.ts'
import { loadRole } from './load-role.ts'

const usage = [
  'node main.ts ROLE [--synthetic] [--help]',
  '',
  ...Object.entries(roles).map(([role, { purpose }]) => `  ${role.padEnd(20)}${purpose}`),
  `  ${'setup'.padEnd(20)}creates the topics, before the first start`,
  '',
].join('\n')

const [name, ...args] = process.argv.slice(2)
// eslint-disable-next-line no-restricted-properties -- the one place where a process meets its environment
const environment = process.env

if (name === 'setup') {
  await setupKafka(environment)
} else if (name !== undefined && name in roles) {
  await runRole(await loadRole(name as RoleName), environment, args)
} else {
  process.stdout.write(usage)
  // EX_USAGE
  process.exitCode = name === undefined || name === '--help' ? 0 : 64
}
