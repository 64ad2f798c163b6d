import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { fetchArchive, type FetchTools } from './fetch-archive.ts'
import type { Artefact, ArtefactFile } from './read-manifest.ts'
import { readOnnxMetadata } from './read-onnx-metadata.ts'
import { verifyFile } from './verify-file.ts'

/** Owner may all, others may read and run. */
const executableMode = 0o755

/**
 * True where exactly this manifest entry was installed and its files are still there in full length. Cheap: contents
 * were checked when they were installed.
 */
export function isInstalled(artefact: Artefact, cache: string): boolean {
  try {
    if (readFileSync(stampFile(artefact, cache), 'utf8') !== digestOf(artefact)) return false
    return artefact.files.every(
      ({ to, bytes }) => statSync(join(cache, artefact.directory, to)).size === bytes,
    )
  } catch {
    return false
  }
}

/**
 * Installs an artefact into the cache: fetches it, checks the archive and every file against the manifest, and puts the
 * files in place by renames, so that a file in place is always a whole and right one. Idempotent. Throws
 * `IpsError('checksum-mismatch')` and whatever fetching throws; nothing is installed then.
 */
export async function installArtefact(
  artefact: Artefact,
  cache: string,
  tools: FetchTools,
  onScratch: (directory: string) => void = () => undefined,
): Promise<void> {
  await mkdir(join(cache, 'part'), { recursive: true })
  const scratch = await mkdtemp(join(cache, 'part', `${artefact.name}-`))
  onScratch(scratch)
  try {
    const content = await fetchArchive(artefact, scratch, tools)
    await placeArtefact(artefact, content, scratch, cache)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Checks what was unpacked into `content` and moves it into the cache. */
export async function placeArtefact(
  artefact: Artefact,
  content: string,
  scratch: string,
  cache: string,
): Promise<void> {
  const staged = join(scratch, 'staged')
  await mkdir(staged)
  for (const file of artefact.files) await stageFile(file, content, staged, artefact.name)
  const target = join(cache, artefact.directory)
  await mkdir(dirname(target), { recursive: true })
  if (artefact.tree !== undefined) {
    const tree = join(content, artefact.tree.from)
    for (const name of artefact.tree.executables) chmodSync(join(tree, name), executableMode)
    await rm(target, { recursive: true, force: true })
    await rename(tree, target)
  }
  await mkdir(target, { recursive: true })
  for (const { to } of artefact.files) await rename(join(staged, to), join(target, to))
  const stamp = stampFile(artefact, cache)
  await mkdir(dirname(stamp), { recursive: true })
  await writeFile(`${stamp}.part`, digestOf(artefact))
  await rename(`${stamp}.part`, stamp)
}

/** Checks again every file of an artefact that is installed. Throws `IpsError('checksum-mismatch')`. */
export async function verifyArtefact(artefact: Artefact, cache: string): Promise<void> {
  for (const file of artefact.files) {
    await verifyFile(join(cache, artefact.directory, file.to), file, file.to)
  }
}

/** Forgets that an artefact is installed, so that the next installation replaces it. */
export async function forgetArtefact(artefact: Artefact, cache: string): Promise<void> {
  await rm(stampFile(artefact, cache), { force: true })
}

async function stageFile(file: ArtefactFile, content: string, staged: string, name: string) {
  const source = join(content, file.from)
  const target = join(staged, file.to)
  if (!existsSync(source)) {
    throw new IpsError('file-missing', `the package of ${name} has no ${file.from}.`)
  }
  if (file.metadata === undefined) {
    await copyFile(source, target)
  } else {
    const value = readOnnxMetadata(await readFile(source)).get(file.metadata)
    await writeFile(target, value ?? '')
  }
  await verifyFile(target, file, file.to)
  if (file.executable === true) await chmod(target, executableMode)
}

function stampFile(artefact: Artefact, cache: string): string {
  return join(cache, 'installed', artefact.name)
}

function digestOf(artefact: Artefact): string {
  return createHash('sha256').update(JSON.stringify(artefact)).digest('hex')
}
