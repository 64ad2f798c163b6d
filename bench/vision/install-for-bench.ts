import path from 'node:path'
import { installArtefact, isInstalled } from '../../cli/install/install-artefact.ts'
import { findArtefact, readManifest } from '../../cli/install/read-manifest.ts'
import { readSetup } from '../../cli/setup/read-setup.ts'

/** Fetches something of this folder's manifest, by package name, where it is not in the cache yet. Returns its folder. */
export async function installForBench(name: string): Promise<string> {
  const { cache, environment } = readSetup(process.env)
  const manifest = readManifest(path.join(import.meta.dirname, 'manifest.json'))
  const artefact = findArtefact(name, manifest)
  if (!isInstalled(artefact, cache)) {
    await installArtefact(artefact, cache, { environment, javaHome: '' })
  }
  return path.join(cache, artefact.directory)
}
