import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import type { DescField, DescFile, DescMessage } from '@bufbuild/protobuf'

const folder = path.resolve('proto/gen/com/reactivearchitecturecookbook')

interface VersionedFile {
  readonly service: string
  readonly major: number
  readonly minor: number
  readonly file: DescFile
}

describe('the protocols', () => {
  it('have in each minor version everything of the one before, unchanged', async () => {
    const files = await readFiles()
    const pairs = files.flatMap((older) =>
      files
        .filter((newer) => isNextMinor(older, newer))
        .map((newer) => ({ older: older.file, newer: newer.file })),
    )
    expect(pairs.length).toBeGreaterThan(0)
    expect(pairs.flatMap(({ older, newer }) => differences(older, newer))).toEqual([])
  })

  it('have the package that the name of the file says', async () => {
    for (const { service, major, minor, file } of await readFiles()) {
      expect(file.proto.package).toBe(
        `com.reactivearchitecturecookbook.${service}.v${major}m${minor}`,
      )
    }
  })

  it('tell a changed field from the same one', async () => {
    const files = await readFiles()
    const v1m1 = files.find(({ service, minor }) => service === 'faceextract' && minor === 1)?.file
    const v1m0 = files.find(
      ({ service, major, minor }) => service === 'faceextract' && major === 1 && minor === 0,
    )?.file
    expect(v1m0 && v1m1 && differences(v1m1, v1m0)).toContain('ExtractedFace.index is missing')
  })
})

function isNextMinor(older: VersionedFile, newer: VersionedFile): boolean {
  return (
    newer.service === older.service &&
    newer.major === older.major &&
    newer.minor === older.minor + 1
  )
}

async function readFiles(): Promise<VersionedFile[]> {
  const files: VersionedFile[] = []
  for (const name of readdirSync(folder)) {
    const [, service, major, minor] = /^([a-z]+)-v(\d+)m(\d+)_pb\.ts$/.exec(name) ?? []
    if (service === undefined) continue
    const module = (await import(path.join(folder, name))) as Record<string, DescFile>
    const file = Object.values(module).find((value) => (value as { kind?: string }).kind === 'file')
    if (file) files.push({ service, major: Number(major), minor: Number(minor), file })
  }
  return files
}

function differences(older: DescFile, newer: DescFile): string[] {
  return older.messages.flatMap((message) => {
    const successor = newer.messages.find(({ name }) => name === message.name)
    return successor ? fieldDifferences(message, successor) : [`${message.name} is missing`]
  })
}

function fieldDifferences(older: DescMessage, newer: DescMessage): string[] {
  return older.fields.flatMap((field) => {
    const successor = newer.fields.find(({ number }) => number === field.number)
    const name = `${older.name}.${field.name}`
    if (successor === undefined) return [`${name} is missing`]
    return shape(field) === shape(successor) ? [] : [`${name} has changed`]
  })
}

function shape(field: DescField): string {
  const { name, jsonName, fieldKind } = field
  const scalar = 'scalar' in field ? field.scalar : undefined
  const message = 'message' in field ? field.message?.name : undefined
  return JSON.stringify({ name, jsonName, fieldKind, scalar, message, presence: field.presence })
}
