import { join } from 'node:path'
import { findArtefact } from './read-manifest.ts'
import { runTool } from './run-tool.ts'

/** Kafka 4 runs on nothing older. */
export const kafkaMinimumJava = 17
/** And Maven on nothing older than this. */
export const mavenMinimumJava = 8

/**
 * The machine's own Java: `JAVA_HOME`'s, or the first on the path, where it is new enough. Returns the command, or
 * `undefined`.
 */
export async function findJava(
  environment: Readonly<Record<string, string | undefined>>,
  minimumJava: number,
): Promise<string | undefined> {
  const javaHome = environment['JAVA_HOME'] ?? ''
  const candidates = javaHome === '' ? ['java'] : [join(javaHome, 'bin', 'java'), 'java']
  for (const command of candidates) {
    const output = await runTool(command, ['-version'], { missing: '', environment }).catch(
      () => '',
    )
    const major = /version "(?:1\.)?(\d+)/.exec(output)?.[1]
    if (Number(major) >= minimumJava) return command
  }
  return undefined
}

/** The folder of the Java that racc installs where the machine has none. */
export function installedJavaHome(cache: string): string {
  return join(cache, findArtefact('java').directory)
}
