import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../../../lib/errors/ips-error.ts'

/** Images to evaluate: paths inside a folder, each once, in the order of the list or of the alphabet. */
export interface ImageList {
  readonly folder: string
  readonly images: readonly string[]
}

const endings: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp'])
/** A run's plan is held in memory, and read once for each chunk. */
const maxImages = 1_000_000

/**
 * Finds the images: of a folder all JPEG, PNG and WebP files in it and below; of a file the paths in it, a line each, which lie
 * in the file's folder or below. Throws `IpsError('images-unusable')`.
 */
export async function listImages(source: string): Promise<ImageList> {
  const where = await realpath(source).catch((cause: unknown) => {
    throw new IpsError('images-unusable', `there is no ${source}`, { cause })
  })
  const isFolder = (await stat(where)).isDirectory()
  const folder = isFolder ? where : path.dirname(where)
  const images = isFolder ? await findImages(where) : await readList(where, folder)
  if (images.length === 0) throw new IpsError('images-unusable', `${source} has no images`)
  if (images.length > maxImages) {
    throw new IpsError('images-unusable', `${source} has more than ${maxImages} images`)
  }
  return { folder, images }
}

async function findImages(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && endings.has(path.extname(entry.name).toLowerCase()))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}

async function readList(file: string, folder: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim())
  const images = lines
    .filter((line) => line !== '')
    .map((line) => path.relative(folder, path.resolve(folder, line)))
  const outside = images.find((image) => image === '' || image.startsWith('..'))
  if (outside !== undefined) {
    throw new IpsError('images-unusable', `${outside} is not in the folder of ${file}`)
  }
  return [...new Set(images)]
}
