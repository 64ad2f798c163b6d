import { Command } from 'commander'
import { IpsError } from '../lib/errors/ips-error.ts'
import { registerBench } from './commands/bench.ts'
import { registerClient } from './commands/client.ts'
import { registerDemo } from './commands/demo.ts'
import { registerDown } from './commands/down.ts'
import { registerInstall } from './commands/install.ts'
import { registerKeys } from './commands/keys.ts'
import { registerLogs } from './commands/logs.ts'
import { registerSend } from './commands/send.ts'
import { registerProbe } from './commands/probe.ts'
import { registerServers } from './commands/servers.ts'
import { registerStatus } from './commands/status.ts'
import { registerTest } from './commands/test.ts'
import { registerToken } from './commands/token.ts'
import { registerUp } from './commands/up.ts'
import { note } from './terminal.ts'

const program = new Command('racc')
  .description('the one tool of ips, the Image Processing System')
  .showHelpAfterError()

registerDemo(program)
registerUp(program)
registerDown(program)
registerStatus(program)
registerLogs(program)
registerClient(program)
registerToken(program)
registerSend(program)
registerKeys(program)
registerProbe(program)
registerServers(program)
registerInstall(program)
registerTest(program)
registerBench(program)

try {
  await program.parseAsync()
} catch (error) {
  // What is thrown on purpose is a sentence for people; anything else is a fault of this program.
  if (!(error instanceof IpsError)) throw error
  if (error.code === 'tool-failed' && error.cause instanceof Error) note(error.cause.message)
  note(`racc: ${error.message}`)
  process.exitCode = 1
}
