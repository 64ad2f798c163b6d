import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { z } from 'zod'

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
})

const { packages } = lockSchema.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')))

/** Where Node looks for a package from another one's folder, nearest first. */
function* placesOf(name: string, from: string): Generator<string> {
  for (
    let folder = from;
    folder !== '';
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    yield `${folder}/node_modules/${name}`
    if (!folder.includes('/node_modules/')) break
  }
  yield `node_modules/${name}`
}

test('the lock file has every optional package of every platform, or `npm ci` refuses it', () => {
  const missing = Object.entries(packages).flatMap(([from, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) =>
      [...placesOf(name, from)].every((place) => !(place in packages)),
    ),
  )
  expect(missing).toEqual([])
})

test('the lock file names no host that packages come from', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([])
})
