import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { findJava, mavenMinimumJava } from './find-java.ts'
import type { Artefact } from './read-manifest.ts'
import { runTool } from './run-tool.ts'
import { verifyFile } from './verify-file.ts'

/** What fetching needs to know of the machine. */
export interface FetchTools {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where the Java is that racc installs, for a machine that has none. */
  readonly javaHome: string
}

/** One sentence for a machine that lacks a tool: what for, what to install, what to do instead. */
function missing({ purpose, otherwise }: Artefact, tool: string, remedy: string): string {
  const instead = otherwise === undefined ? '' : `, or ${otherwise}`
  return `there is no ${tool} to fetch ${purpose} with: install ${remedy}${instead}.`
}

function missingPip(artefact: Artefact): string {
  return missing(
    artefact,
    '`python3 -m pip`',
    'Python 3 with pip (Debian: apt-get install python3-pip)',
  )
}

/**
 * Fetches an artefact's archive by package name with the package manager's own client, checks it, and unpacks it.
 * Returns the folder that the manifest's `from` paths start at. `scratch` is the caller's to remove.
 */
export async function fetchArchive(
  artefact: Artefact,
  scratch: string,
  tools: FetchTools,
): Promise<string> {
  const { source } = artefact
  if (source.kind === 'maven') return await fetchJars(artefact, source.coordinates, scratch, tools)
  const download = join(scratch, 'download')
  const content = join(scratch, 'content')
  await mkdir(download, { recursive: true })
  await mkdir(content)
  if (source.kind === 'npm') await fetchFromNpm(artefact, download, tools)
  else await fetchFromPypi(artefact, source, download, tools)
  const archive = await theOnlyFile(download, artefact.name)
  await verifyFile(archive, source, `${source.package} ${artefact.version}`)
  await unpack(artefact, archive, content, tools)
  return content
}

async function fetchFromNpm(artefact: Artefact, download: string, tools: FetchTools) {
  const { source } = artefact
  if (source.kind !== 'npm') return
  await runTool(
    'npm',
    [
      'pack',
      '--silent',
      '--ignore-scripts',
      '--cache',
      join(download, '..', 'npm'),
      `${source.package}@${artefact.version}`,
    ],
    {
      missing: missing(artefact, 'npm', 'Node 18 or newer with npm'),
      directory: download,
      environment: { ...tools.environment },
    },
  )
}

/** The checksum goes to pip as well: a source distribution must not run before it was checked. */
async function fetchFromPypi(
  artefact: Artefact,
  { package: name, sha256 }: { package: string; sha256: string },
  download: string,
  tools: FetchTools,
) {
  const requirements = join(download, '..', 'requirements.txt')
  await writeFile(requirements, `${name}==${artefact.version} --hash=sha256:${sha256}\n`)
  const args = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '--no-cache-dir',
    '--no-deps',
  ]
  await runTool('python3', [...args, '--dest', download, '--requirement', requirements], {
    missing: missingPip(artefact),
    environment: tools.environment,
  }).catch((error: unknown) => {
    const isMissing = error instanceof IpsError && error.message.includes('No module named pip')
    throw isMissing ? new IpsError('tool-missing', missingPip(artefact), { cause: error }) : error
  })
}

async function fetchJars(
  artefact: Artefact,
  coordinates: readonly string[],
  scratch: string,
  tools: FetchTools,
) {
  const content = join(scratch, 'content')
  const dependencies = coordinates.map((coordinate) => {
    const [group = '', id = '', version = ''] = coordinate.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`
  })
  const pom = join(scratch, 'pom.xml')
  await mkdir(scratch, { recursive: true })
  await writeFile(
    pom,
    `<project><modelVersion>4.0.0</modelVersion><groupId>ips</groupId><artifactId>jars</artifactId><version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`,
  )
  const java = await findJava(tools.environment, mavenMinimumJava)
  await runTool(
    'mvn',
    [
      '--quiet',
      '--batch-mode',
      '--file',
      pom,
      'dependency:copy-dependencies',
      `-DoutputDirectory=${content}`,
      `-Dmaven.repo.local=${join(scratch, 'repository')}`,
    ],
    {
      missing: missing(artefact, 'Maven (`mvn`)', 'it (Debian: apt-get install maven)'),
      environment: {
        ...tools.environment,
        ...(java === undefined && { JAVA_HOME: tools.javaHome }),
      },
    },
  )
  return content
}

async function theOnlyFile(directory: string, name: string): Promise<string> {
  const [file, ...others] = await readdir(directory)
  if (file !== undefined && others.length === 0) return join(directory, file)
  throw new IpsError('download-unexpected', `the download of ${name} is not one file.`)
}

/** npm packages and source distributions are tars, wheels are zips, which Python unpacks wherever pip is. */
async function unpack(
  artefact: Artefact,
  archive: string,
  content: string,
  { environment }: FetchTools,
) {
  if (archive.endsWith('.whl')) {
    await runTool('python3', ['-m', 'zipfile', '-e', archive, content], {
      missing: missingPip(artefact),
      environment,
    })
    return
  }
  await runTool('tar', ['-xzf', archive, '-C', content], {
    missing: missing(artefact, '`tar`', 'it (Debian: apt-get install tar gzip)'),
    environment,
  })
}
