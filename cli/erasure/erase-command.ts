import { createInterface } from 'node:readline/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { clientIdRule, isClientId } from '../../lib/token/client-id.ts'
import type { Environment } from '../setup/read-setup.ts'
import { formatTable, note, say } from '../terminal.ts'
import { createErasureSteps } from './create-erasure-steps.ts'
import { eraseClient, type ErasureReport } from './erase-client.ts'

/** The options of `racc client erase`, as they were given. */
export interface EraseOptions {
  readonly yes?: boolean
  readonly json?: boolean
}

/**
 * Erases a client, after `--yes` or a confirmation at the terminal, and prints what was done and what remains. Throws
 * `IpsError('erasure-unconfirmed')`, and what `eraseClient` throws.
 */
export async function erase(
  environment: Environment,
  name: string,
  { yes = false, json = false }: EraseOptions,
): Promise<void> {
  if (!isClientId(name)) throw new IpsError('client-name-invalid', `a name has ${clientIdRule}`)
  if (!yes) await confirm(name)
  const report = await eraseClient(
    createErasureSteps(environment),
    name,
    () => new Date(),
    () =>
      note(
        `the rights and keys of ${name} are erased; what is left takes some ten seconds, and may be repeated where it fails`,
      ),
  )
  if (json) say(JSON.stringify(report))
  else for (const line of describeErasure(report)) say(line)
}

async function confirm(name: string): Promise<void> {
  const refused = new IpsError(
    'erasure-unconfirmed',
    `nothing was done: erasing ${name} cannot be undone; confirm it with --yes`,
  )
  if (!process.stdin.isTTY) throw refused
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const question = `Everything of ${name} becomes unreadable for ever. Type its name to go on: `
    if ((await terminal.question(question)) !== name) throw refused
  } finally {
    terminal.close()
  }
}

/** A report for people. */
export function describeErasure(report: ErasureReport): string[] {
  const { clientId, erasedAt, services, workflowsRemoved, remains } = report
  const done = services.map(({ service, hadKey, rowsRemoved }) => [
    service,
    hadKey ? 'its key is erased' : 'it has no key',
    `${rowsRemoved} rows removed`,
  ])
  return [
    `${clientId} is erased: no rights since ${erasedAt.toISOString()}, and its name is not given again`,
    formatTable(done),
    `${workflowsRemoved} workflows removed`,
    'what remains:',
    formatTable(
      remains.map(({ where, what, until }) => [
        where,
        until === undefined ? '' : `until ${until.toISOString()}`,
        what,
      ]),
    ),
  ]
}
