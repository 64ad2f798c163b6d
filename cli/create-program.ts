import { Command } from 'commander'
import { registerBench } from './commands/bench.ts'
import { registerClient } from './commands/client.ts'
import { registerDeadLetters } from './commands/dead-letters.ts'
import { registerDeliveries } from './commands/deliveries.ts'
import { registerDemo } from './commands/demo.ts'
import { registerDown } from './commands/down.ts'
import { registerEndpoint } from './commands/endpoint.ts'
import { registerFirehose } from './commands/firehose.ts'
import { registerInstall } from './commands/install.ts'
import { registerKeys } from './commands/keys.ts'
import { registerLogs } from './commands/logs.ts'
import { registerSend } from './commands/send.ts'
import { registerProbe } from './commands/probe.ts'
import { registerServers } from './commands/servers.ts'
import { registerStatus } from './commands/status.ts'
import { registerTest } from './commands/test.ts'
import { registerToken } from './commands/token.ts'
import { registerTransactions } from './commands/transactions.ts'
import { registerUp } from './commands/up.ts'
import type { Environment } from './setup/read-setup.ts'

/** The command line of `racc`: every command with its arguments; parsing runs the one that was given, with this environment. */
export function createProgram(environment: Environment): Command {
  const program = new Command('racc')
    .description('the one tool of ips, the Image Processing System')
    .showHelpAfterError()
  registerDemo(program, environment)
  registerUp(program, environment)
  registerDown(program, environment)
  registerStatus(program, environment)
  registerLogs(program, environment)
  registerClient(program, environment)
  registerToken(program, environment)
  registerSend(program, environment)
  registerFirehose(program, environment)
  registerEndpoint(program, environment)
  registerDeliveries(program, environment)
  registerTransactions(program, environment)
  registerDeadLetters(program, environment)
  registerKeys(program, environment)
  registerProbe(program, environment)
  registerServers(program, environment)
  registerInstall(program, environment)
  registerTest(program, environment)
  registerBench(program, environment)
  return program
}
