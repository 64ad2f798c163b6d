import { chownSync, readFileSync } from 'node:fs'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { runTool } from '../install/run-tool.ts'

/** How PostgreSQL, which refuses to run as root, is run. */
export interface PostgresUser {
  /** The command that runs PostgreSQL's. */
  readonly wrapper: readonly [] | readonly [string, ...string[]]
  /** The user that it runs as, where that is another one. */
  readonly ids?: { readonly uid: number; readonly gid: number }
}

/** A name space in which root is somebody else. `unshare` becomes the command: same process id, same signals. */
const namespaceWrapper = ['unshare', '--user', '--map-user=1000', '--map-group=1000'] as const
/** Users that own nothing that matters, the best first. */
const unprivilegedUsers = ['postgres', 'nobody']

/**
 * Decides how PostgreSQL is run: as it is, where the caller is not root; else in a user name space; else, where the
 * machine forbids those, as an unprivileged user that gets `directory`. Throws `IpsError('postgres-refuses-root')`.
 */
export async function choosePostgresUser(
  directory: string,
  postgres: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return { wrapper: [] }
  const works = (command: string, args: string[], ids?: PostgresUser['ids']) =>
    runTool(command, args, {
      missing: '',
      environment,
      ...(ids !== undefined && { user: ids }),
    }).then(
      () => true,
      () => false,
    )
  const [unshare, ...options] = namespaceWrapper
  if (await works(unshare, [...options, postgres, '--version'])) {
    return { wrapper: namespaceWrapper }
  }
  const ids = findUnprivilegedUser()
  if (ids !== undefined) {
    chownSync(directory, ids.uid, ids.gid)
    // It must reach its own folder and the program, through every folder above them.
    if (
      (await works('test', ['-w', directory], ids)) &&
      (await works(postgres, ['--version'], ids))
    ) {
      return { wrapper: [], ids }
    }
  }
  throw new IpsError(
    'postgres-refuses-root',
    `PostgreSQL does not run as root, user name spaces are not allowed here, and no unprivileged user reaches ${directory}: run racc as another user, move the checkout and IPS_HOME out of root's home, or set POSTGRES_URL.`,
  )
}

function findUnprivilegedUser(): PostgresUser['ids'] {
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const entry = unprivilegedUsers
    .map((name) => entries.find(([user]) => user === name))
    .find((found) => found !== undefined)
  return entry && { uid: Number(entry[2]), gid: Number(entry[3]) }
}
