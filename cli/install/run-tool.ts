import { spawn } from 'node:child_process'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** What a failed tool says is at its end. */
const keptOutputCharacters = 2_000

/**
 * Runs a tool to its end and returns what it wrote. Throws `IpsError('tool-failed')` with the line that says why
 * (and the end of its output as the cause), or `IpsError('tool-missing')`, where `missing` is the sentence that says what to install.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: {
    missing: string
    directory?: string
    environment?: Readonly<Record<string, string | undefined>>
    user?: { readonly uid: number; readonly gid: number }
  },
): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.directory,
    env: options.environment,
    ...options.user,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT'
          ? new IpsError('tool-missing', options.missing, { cause })
          : new IpsError('tool-failed', `${command}: ${cause.message}`, { cause }),
      ),
    )
    child.once('close', resolve)
  })
  const output = Buffer.concat(chunks).toString('utf8').trim()
  if (code === 0) return output
  throw new IpsError('tool-failed', `${command} failed: ${essenceOf(output)}`, {
    retryable: true,
    cause: new Error(output.slice(-keptOutputCharacters)),
  })
}

/** The line that says why: the first that speaks of an error, else the last. */
function essenceOf(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing.').trim()
}
