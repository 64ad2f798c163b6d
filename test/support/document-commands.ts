import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { samplesDirectory } from './model-files.ts'
import type { System } from './system.ts'

const run = promisify(execFile)

/** What a document shows, to be run as it stands there. */
export interface DocumentCommands {
  /** The commands of the first block that contains `text`, with the system's address and a real photo. */
  find(text: string): string
  /** Every block of commands that contains `text`, in their order. */
  findAll(text: string): string[]
  /** The first block of code in a language. */
  code(language: string): string
}

/** Reads the code blocks of a document of this repository; `replacements` are made in all of them. */
export async function readDocument(
  file: string,
  system: System,
  replacements: Readonly<Record<string, string>> = {},
): Promise<DocumentCommands> {
  const document = await readFile(file, 'utf8')
  const photo = path.join(samplesDirectory(), 'sample1.jpg')
  const adapted = Object.entries({
    'http://127.0.0.1:8080': system.url,
    'photo.jpg': photo,
    ...replacements,
  }).reduce((text, [from, to]) => text.replaceAll(from, to), document)
  const blocks = (language: string) =>
    Array.from(
      adapted.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs')),
      ([, block]) => block ?? '',
    )
  const first = (found: readonly string[], what: string) => {
    if (found[0] === undefined) throw new Error(`${file} has no ${what}`)
    return found[0]
  }
  return {
    find: (text) =>
      first(
        blocks('bash').filter((block) => block.includes(text)),
        text,
      ),
    findAll: (text) => blocks('bash').filter((block) => block.includes(text)),
    code: (language) => first(blocks(language), language),
  }
}

/** Runs commands in the repository for a system; resolves with their output, rejects where one fails. */
export async function runBash(system: System, ...commands: string[]): Promise<string> {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands.join('\n')], {
    env: system.environment,
  })
  return stdout
}
