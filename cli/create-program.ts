import { Command } from 'commander'
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

/** The command line of `racc`: every command with its arguments; parsing runs the one that was given. */
export function createProgram(): Command {
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
  return program
}
