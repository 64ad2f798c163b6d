import { readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import { generateDocuments } from '../../docs/generate.ts'

describe('the generated documents', () => {
  it('are what `npm run generate:docs` would write', async () => {
    for (const [file, content] of await generateDocuments()) {
      expect({ file, content: await readFile(file, 'utf8') }).toEqual({ file, content })
    }
  })
})
