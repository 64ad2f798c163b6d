import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { IpsError } from '../../lib/errors/ips-error.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const bytes = z.number().int().positive()
const relativePath = z.string().regex(/^(?!\/)(?!.*\.\.)[\w.@/+-]+$/)
const shapes = z.record(z.string(), z.array(z.union([z.number().int(), z.string()])))

const fileSchema = z.strictObject({
  /** Its path inside the archive. */
  from: relativePath,
  /** Its name in the artefact's directory. */
  to: z.string().regex(/^[\w.+-]+$/),
  bytes,
  sha256,
  executable: z.boolean().optional(),
  /** The file is not `from` itself but this entry of its ONNX metadata. */
  metadata: z.string().optional(),
  /** What the model takes and gives: letters are sizes that may vary. */
  model: z.strictObject({ inputs: shapes, outputs: shapes }).optional(),
})

const archive = { package: z.string(), bytes, sha256 }

const artefactSchema = z.strictObject({
  name: z.string(),
  /** What it is, as the subject of a sentence. */
  purpose: z.string(),
  /** What somebody can do who cannot install it. */
  otherwise: z.string().optional(),
  licence: z.string(),
  version: z.string(),
  /** Below the cache. */
  directory: relativePath,
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('npm'), ...archive }),
    z.strictObject({ kind: z.literal('pypi'), ...archive }),
    z.strictObject({ kind: z.literal('maven'), coordinates: z.array(z.string()), bytes }),
  ]),
  files: z.array(fileSchema),
  /** A whole folder of the archive, covered by the archive's own checksum. */
  tree: z.strictObject({ from: relativePath, executables: z.array(relativePath) }).optional(),
})

const manifestSchema = z.strictObject({ artefacts: z.array(artefactSchema) })

/** Something that is installed into the cache: where it comes from, and what every file of it must be. */
export type Artefact = z.output<typeof artefactSchema>
export type ArtefactFile = Artefact['files'][number]

/** The manifest of the tree: everything that is installed beside the npm packages of the lock file. */
export function readManifest(file = join(import.meta.dirname, 'manifest.json')): Artefact[] {
  return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).artefacts
}

/** One artefact of the manifest. Throws `IpsError('artefact-unknown')`. */
export function findArtefact(name: string, manifest = readManifest()): Artefact {
  const artefact = manifest.find((candidate) => candidate.name === name)
  if (artefact === undefined) {
    throw new IpsError('artefact-unknown', `${name} is not in cli/install/manifest.json.`)
  }
  return artefact
}
