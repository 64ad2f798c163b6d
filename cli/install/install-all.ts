import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { acquireLock } from '../processes/acquire-lock.ts'
import { checkDisk } from '../preflight/check-disk.ts'
import { formatBytes, note } from '../terminal.ts'
import type { FetchTools } from './fetch-archive.ts'
import { installedJavaHome } from './find-java.ts'
import { forgetArtefact, installArtefact, isInstalled, verifyArtefact } from './install-artefact.ts'
import { startProgress } from './progress.ts'
import { findArtefact, readManifest, type Artefact } from './read-manifest.ts'

/** An archive lies beside its unpacked content for a moment. */
const diskPerDownloadedByte = 5

/**
 * Installs those of the named artefacts that are missing, at the same time, with progress on standard error. Where one
 * fails the others are finished, so that the next call has less to do; then it throws the first failure.
 */
export async function installAll(
  names: readonly string[],
  cache: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const manifest = readManifest()
  const wanted = names.map((name) => findArtefact(name, manifest))
  const missing = () => wanted.filter((artefact) => !isInstalled(artefact, cache))
  if (missing().length === 0) return
  const lock = await acquireLock(`install:${cache}`, () =>
    note('waiting for another racc that installs'),
  )
  try {
    await installMissing(missing(), cache, { environment, javaHome: installedJavaHome(cache) })
  } finally {
    await lock.release()
  }
}

async function installMissing(artefacts: readonly Artefact[], cache: string, tools: FetchTools) {
  const totalBytes = artefacts.reduce((sum, { source }) => sum + source.bytes, 0)
  if (totalBytes === 0) return
  checkDisk(cache, totalBytes * diskPerDownloadedByte, 'XDG_CACHE_HOME')
  // What a killed racc left behind: nobody else is at work here, since the lock is ours.
  await rm(join(cache, 'part'), { recursive: true, force: true })
  const list = artefacts.map(({ name, version }) => `${name} ${version}`).join(', ')
  note(`installing ${list}: ${formatBytes(totalBytes)}, once, into ${cache}`)
  const progress = startProgress(totalBytes)
  const java = artefacts.find(({ name }) => name === 'java')
  const install = (artefact: Artefact) =>
    installArtefact(artefact, cache, tools, progress.watch).then(() =>
      progress.done(artefact.name, artefact.source.bytes),
    )
  try {
    if (java !== undefined) await install(java)
    const others = artefacts.filter((artefact) => artefact !== java)
    const results = await Promise.allSettled(others.map(install))
    const failure = results.find((result) => result.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  } finally {
    progress.stop()
  }
}

/** Checks what is installed again, file by file; what is not as the manifest says is forgotten, to be installed anew. */
export async function verifyAll(names: readonly string[], cache: string): Promise<void> {
  for (const artefact of names.map((name) => findArtefact(name))) {
    if (!isInstalled(artefact, cache)) continue
    await verifyArtefact(artefact, cache).catch(async (error: unknown) => {
      note(error instanceof Error ? error.message : String(error))
      await forgetArtefact(artefact, cache)
    })
  }
}
