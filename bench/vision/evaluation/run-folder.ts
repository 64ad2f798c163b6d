import { randomUUID } from 'node:crypto'
import { access, link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { EvaluatedImages } from '../../../activities/evaluation/evaluated-images.ts'
import type { ChunkStore } from '../../../activities/evaluation/run-activities.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { RoleName } from '../../../lib/topology.ts'

/** A service of a run, with its settings as a claim says them. */
export interface PlannedService {
  readonly role: RoleName
  readonly version: string
  readonly claimValue: unknown
  readonly summarised: boolean
}

/** What a run is about; it never changes. */
export interface RunPlan {
  readonly folder: string
  readonly images: readonly string[]
  readonly services: readonly PlannedService[]
  /** Images in a chunk, `maxChunkImages` at most. */
  readonly chunkImages: number
}

/** The folder of a run: its plan, and what has been found so far. */
export interface RunFolder extends ChunkStore {
  readonly path: string
  readonly plan: RunPlan
  /** Chunks are numbered from 0; each is of one service, in turns. */
  readonly chunks: number
  /** All that is recorded, by the number of the chunk. */
  readAll(): AsyncGenerator<EvaluatedImages>
}

const names = { plan: 'plan.json', chunks: 'chunks' }

/**
 * Opens the folder of a run, new or not. Throws `IpsError('run-differs')` where a run of another plan is in it: its figures
 * would be mixed.
 */
export async function openRunFolder(folder: string, plan: RunPlan): Promise<RunFolder> {
  const chunkFolder = path.join(folder, names.chunks)
  await mkdir(chunkFolder, { recursive: true })
  const planFile = path.join(folder, names.plan)
  await writeOnce(planFile, plan)
  if (!isDeepStrictEqual(JSON.parse(await readFile(planFile, 'utf8')), toPlain(plan))) {
    throw new IpsError('run-differs', `${folder} is a run of other images or settings`)
  }
  const fileOf = (chunk: number) => path.join(chunkFolder, `${String(chunk).padStart(7, '0')}.json`)
  return {
    path: folder,
    plan,
    chunks: Math.ceil(plan.images.length / plan.chunkImages) * plan.services.length,
    async open(chunk) {
      return (await exists(fileOf(chunk))) ? null : chunkOf(plan, chunk)
    },
    record: (chunk, result) => writeOnce(fileOf(chunk), result),
    async *readAll() {
      for (const name of (await readdir(chunkFolder)).sort()) {
        if (!name.endsWith('.json')) continue
        const text = await readFile(path.join(chunkFolder, name), 'utf8')
        yield JSON.parse(text) as EvaluatedImages
      }
    },
  }
}

/** Services take turns, so that the workers of all have something to do. */
export function chunkOf(
  { images, services, chunkImages }: Pick<RunPlan, 'images' | 'services' | 'chunkImages'>,
  chunk: number,
): { service: number; images: readonly string[] } {
  const from = Math.floor(chunk / services.length) * chunkImages
  return { service: chunk % services.length, images: images.slice(from, from + chunkImages) }
}

/** Writes a file that appears as a whole, durably, and stays as it is: a second one is not written. */
async function writeOnce(file: string, content: unknown): Promise<void> {
  const part = `${file}.${randomUUID()}.part`
  {
    await using handle = await open(part, 'wx')
    await handle.writeFile(`${JSON.stringify(content)}\n`)
    await handle.sync()
  }
  try {
    await link(part, file)
  } catch (error) {
    if (!isTaken(error)) throw error
  } finally {
    await rm(part)
  }
}

function isTaken(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST'
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

function toPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
