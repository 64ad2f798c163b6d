import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from '@jest/globals'
import { isInstalled, placeArtefact } from '../../../cli/install/install-artefact.ts'
import type { Artefact } from '../../../cli/install/read-manifest.ts'

const content = Buffer.from('the right content')

const artefact: Artefact = {
  name: 'thing',
  purpose: 'a test',
  licence: 'MIT',
  version: '1.0.0',
  directory: 'things',
  source: { kind: 'npm', package: 'thing', bytes: 1, sha256: '0'.repeat(64) },
  files: [
    {
      from: 'package/thing.bin',
      to: 'thing.bin',
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      executable: true,
    },
  ],
}

/** Runs `work` with a cache, and a package that holds `bytes`. */
async function withPackage(
  bytes: Uint8Array,
  work: (cache: string, place: () => Promise<void>) => Promise<void>,
) {
  const cache = mkdtempSync(path.join(tmpdir(), 'ips-cache-'))
  const unpacked = path.join(cache, 'unpacked')
  mkdirSync(path.join(unpacked, 'package'), { recursive: true })
  writeFileSync(path.join(unpacked, 'package', 'thing.bin'), bytes)
  const place = async () => {
    const scratch = mkdtempSync(path.join(cache, 'scratch-'))
    await placeArtefact(artefact, unpacked, scratch, cache)
  }
  try {
    await work(cache, place)
  } finally {
    rmSync(cache, { recursive: true })
  }
}

test('a package whose files are those of the manifest is installed', async () => {
  await withPackage(content, async (cache, place) => {
    expect(isInstalled(artefact, cache)).toBe(false)
    await place()
    expect(readFileSync(path.join(cache, 'things', 'thing.bin'))).toEqual(content)
    expect(isInstalled(artefact, cache)).toBe(true)
  })
})

test('a file with any one byte changed is refused, and nothing is installed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(content.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (position, difference) => {
        const changed = Uint8Array.from(content)
        changed[position] = (changed[position] ?? 0) ^ difference
        await withPackage(changed, async (cache, place) => {
          await expect(place()).rejects.toMatchObject({ code: 'checksum-mismatch' })
          expect(existsSync(path.join(cache, 'things', 'thing.bin'))).toBe(false)
          expect(isInstalled(artefact, cache)).toBe(false)
        })
      },
    ),
    { numRuns: 50 },
  )
})

test('a package without the file is refused', async () => {
  await withPackage(content, async (cache) => {
    const empty = mkdtempSync(path.join(cache, 'empty-'))
    const scratch = mkdtempSync(path.join(cache, 'scratch-'))
    const placing = placeArtefact(artefact, empty, scratch, cache)
    await expect(placing).rejects.toMatchObject({ code: 'file-missing' })
  })
})

test('a file that was cut short later counts as not installed', async () => {
  await withPackage(content, async (cache, place) => {
    await place()
    truncateSync(path.join(cache, 'things', 'thing.bin'), 3)
    expect(isInstalled(artefact, cache)).toBe(false)
  })
})

test('another version of the manifest’s entry counts as not installed', async () => {
  await withPackage(content, async (cache, place) => {
    await place()
    expect(isInstalled({ ...artefact, version: '1.0.1' }, cache)).toBe(false)
  })
})
