import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { listImages } from '../../../../bench/vision/evaluation/list-images.ts'

let folder: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'ips-list-')))
  await mkdir(path.join(folder, 'deep', 'deeper'), { recursive: true })
  for (const name of ['b.JPG', 'a.png', 'notes.txt', 'deep/deeper/c.webp', 'deep/d.jpeg']) {
    await writeFile(path.join(folder, name), '')
  }
})

afterEach(() => rm(folder, { recursive: true }))

describe('listImages', () => {
  test('finds the images of a folder and those below, in the order of the alphabet', async () => {
    expect(await listImages(folder)).toEqual({
      ...{ folder, images: ['a.png', 'b.JPG', 'deep/d.jpeg', 'deep/deeper/c.webp'] },
    })
  })

  test('reads a list in its order, each image once', async () => {
    const list = path.join(folder, 'list.txt')
    await writeFile(list, `deep/d.jpeg\n\n  a.png \n./deep/d.jpeg\n${folder}/b.JPG\n`)
    expect(await listImages(list)).toEqual({
      ...{ folder, images: ['deep/d.jpeg', 'a.png', 'b.JPG'] },
    })
  })

  test.each(['../elsewhere.png', '/etc/passwd', 'deep/../../x.png', '.'])(
    'refuses a list with %s',
    async (line) => {
      const list = path.join(folder, 'list.txt')
      await writeFile(list, `a.png\n${line}\n`)
      await expect(listImages(list)).rejects.toMatchObject({ code: 'images-unusable' })
    },
  )

  test('refuses what is not there, and a folder without images', async () => {
    const nothing = path.join(folder, 'nothing')
    await expect(listImages(nothing)).rejects.toMatchObject({ code: 'images-unusable' })
    await mkdir(nothing)
    await expect(listImages(nothing)).rejects.toMatchObject({ code: 'images-unusable' })
  })
})
