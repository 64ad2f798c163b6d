import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { readFileWithin } from '../../../workers/vision/read-file-within.ts'

let parent: string
let folder: string

beforeAll(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'ips-within-'))
  folder = path.join(parent, 'images')
  await mkdir(path.join(folder, 'sub'), { recursive: true })
  await mkdir(path.join(parent, 'images-of-others'))
  await writeFile(path.join(folder, 'sub', 'in.png'), 'inside')
  await writeFile(path.join(parent, 'secret'), 'outside')
  await writeFile(path.join(parent, 'images-of-others', 'secret'), 'outside')
  await symlink(path.join(parent, 'secret'), path.join(folder, 'link-out'))
  await symlink(parent, path.join(folder, 'folder-out'))
  await symlink('sub/in.png', path.join(folder, 'link-in'))
  await writeFile(path.join(folder, 'large'), '')
  await truncate(path.join(folder, 'large'), 8 * 1024 * 1024 + 1)
  execFileSync('mkfifo', [path.join(folder, 'pipe')])
})

afterAll(() => rm(parent, { recursive: true }))

describe('readFileWithin', () => {
  test.each(['sub/in.png', './sub/../sub/in.png', 'link-in'])('reads %s', async (name) => {
    expect((await readFileWithin(folder, name)).toString()).toBe('inside')
  })

  test.each([
    ['../secret', 'file-outside'],
    ['/etc/passwd', 'file-outside'],
    ['sub/../../secret', 'file-outside'],
    ['../images-of-others/secret', 'file-outside'],
    ['link-out', 'file-outside'],
    ['folder-out/secret', 'file-outside'],
    ['', 'file-outside'],
    ['.', 'file-outside'],
    ['sub/in.png\0.jpg', 'file-outside'],
    ['sub', 'file-unreadable'],
    ['pipe', 'file-unreadable'],
    ['missing.png', 'file-unreadable'],
    ['large', 'file-too-large'],
  ])('refuses %j with %s', async (name, code) => {
    await expect(readFileWithin(folder, name)).rejects.toMatchObject({ code, retryable: false })
  })

  test('never reads what is outside, whatever the name', async () => {
    const part = fc.constantFrom('..', '.', 'sub', 'in.png', 'secret', 'link-out', 'folder-out', '')
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const read = await readFileWithin(folder, parts.join('/')).catch((error: unknown) => error)
        if (read instanceof IpsError) return
        expect(String(read)).toBe('inside')
      }),
    )
  })
})
