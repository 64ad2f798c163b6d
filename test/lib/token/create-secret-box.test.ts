import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createSecretBox } from '../../../lib/token/create-secret-box.ts'

describe('createSecretBox', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ips-box-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('opens what it sealed, whatever it is, in another process too', async () => {
    const directory = path.join(folder, 'a')
    const boxes = await Promise.all([createSecretBox(directory), createSecretBox(directory)])
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (secret, context) => {
        const sealed = boxes[0].seal(secret, context)
        expect(boxes[1].open(sealed, context)).toBe(secret)
      }),
    )
  })

  test('never seals a secret the same way twice', async () => {
    const box = await createSecretBox(path.join(folder, 'a'))
    expect(box.seal('secret', 'c1')).not.toBe(box.seal('secret', 'c1'))
  })

  test('opens a secret in its own context only, and undamaged', async () => {
    const box = await createSecretBox(path.join(folder, 'a'))
    const other = await createSecretBox(path.join(folder, 'b'))
    const sealed = box.seal('secret', 'c1')
    const unreadable = expect.objectContaining({ code: 'secret-unreadable' })
    const failure = (work: () => unknown) => {
      try {
        return work()
      } catch (error) {
        return error
      }
    }
    expect(failure(() => box.open(sealed, 'c2'))).toEqual(unreadable)
    expect(failure(() => other.open(sealed, 'c1'))).toEqual(unreadable)
    expect(failure(() => box.open(sealed.slice(0, -3), 'c1'))).toEqual(unreadable)
    expect(failure(() => box.open('', 'c1'))).toEqual(unreadable)
    expect(failure(() => box.open('a.b.c.d', 'c1'))).toEqual(unreadable)
  })
})
