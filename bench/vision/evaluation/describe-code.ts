import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const root = path.resolve(import.meta.dirname, '../../..')

/** Which code gives figures, on what, and when: the version, and the commit where it is a checkout of one. */
export async function describeCode(): Promise<{
  version: string
  commit: string | null
  node: string
  at: string
}> {
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  const commit = await promisify(execFile)('git', ['describe', '--always', '--dirty'], {
    cwd: root,
  }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
  return { version, commit, node: process.version, at: new Date().toISOString() }
}
