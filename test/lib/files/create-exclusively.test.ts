import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createExclusively, hasCode } from '../../../lib/files/create-exclusively.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ips-exclusive-'))
})

afterEach(() => rm(directory, { recursive: true }))

test('of many who make a file at once one is the first, whose content it has as a whole', async () => {
  const file = path.join(directory, 'new', 'folder', 'file')
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000))
  const areFirst = await Promise.all(contents.map((content) => createExclusively(file, content)))
  expect(areFirst.filter(Boolean)).toHaveLength(1)
  expect(await readFile(file, 'utf8')).toBe(contents[areFirst.indexOf(true)])
  expect(await readdir(path.dirname(file))).toEqual(['file'])
})

test('the file and its folders are for their owner alone', async () => {
  const file = path.join(directory, 'new', 'file')
  await createExclusively(file, '')
  const modes = await Promise.all([path.dirname(file), file].map((name) => stat(name)))
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600])
})

test('a file that is there stays as it is', async () => {
  const file = path.join(directory, 'file')
  await createExclusively(file, 'first')
  expect(await createExclusively(file, 'second')).toBe(false)
  expect(await readFile(file, 'utf8')).toBe('first')
})

test('a folder that cannot be made is a failure', async () => {
  const file = path.join(directory, 'file')
  await createExclusively(file, '')
  const failure = await createExclusively(path.join(file, 'other', 'file'), '').catch(
    (error: unknown) => error,
  )
  expect(hasCode(failure, 'ENOTDIR')).toBe(true)
})
