import { renderDocument } from '../../test/support/render-document.ts'
import { readSample, samplePhotos } from '../../test/workers/faceextract/sample-photos.ts'
import { paintLandscape, paintNoise } from '../../test/workers/faceextract/synthetic-images.ts'
import { createDraw } from './document-words.ts'
import type { TextWithLines } from './rate-text.ts'
import { documentKinds, largeKinds, type RenderedDocument } from './rendered-documents.ts'
import { documentVariations, varyDocument } from './vary-document.ts'

/** Plain ones of each kind; the first is also varied. */
const documentsOfKind = 2
/** The kind of pictures without text. */
export const nothingWritten = 'nothing written'

/** A picture of which it is known what is written in it. */
export interface TextScene {
  readonly kind: string
  readonly variation: string
  readonly content: Buffer
  readonly written: TextWithLines
}

/** Documents, varied ones, and pictures in which there is no text to find. */
export async function* textScenes(): AsyncGenerator<TextScene> {
  for (const [kind, make] of Object.entries(documentKinds)) {
    for (let seed = 0; seed < documentsOfKind; seed += 1) {
      const document = make(createDraw(seed))
      const image = await renderDocument(document.document)
      const isVaried = seed === 0 && !largeKinds.has(kind)
      for (const variation of isVaried ? documentVariations : documentVariations.slice(0, 1)) {
        const { content, rows } = await varyDocument(image, document, variation)
        yield { kind, variation: variation.name, content, written: textOf({ rows }) }
      }
    }
  }
  const textless = [
    ...(await Promise.all(samplePhotos.map(({ file }) => readSample(file)))),
    ...(await Promise.all([1, 2, 3].map((seed) => paintLandscape(seed)))),
    ...(await Promise.all([1, 2, 3].map((seed) => paintNoise(seed)))),
  ]
  for (const content of textless) {
    yield { kind: nothingWritten, variation: '', content, written: { text: '', lines: [] } }
  }
}

function textOf({ rows }: Pick<RenderedDocument, 'rows'>): TextWithLines {
  return {
    text: rows.map(({ cells }) => cells.join(' ')).join('\n'),
    lines: rows.flatMap(({ cells }) => cells),
  }
}
