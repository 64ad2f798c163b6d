import type { MistakeLimits } from '../../activities/summary/agreements/join-near-texts.ts'
import { renderDocument } from '../../test/support/render-document.ts'
import { loadOcrModels, readDocument } from '../../test/workers/ocr/read-document.ts'
import { createDraw, type Draw } from '../vision/document-words.ts'
import {
  documentVariations,
  varyDocument,
  type DocumentVariation,
} from '../vision/vary-document.ts'
import { countAgreements, createCounts, type Counts, type ReadPaper } from './rate-agreements.ts'
import { drawFields, layOutPapers, type FieldValues } from './rendered-papers.ts'

/** What is told of pairs of papers with the same fields, and of pairs whose fields differ by one letter or digit each. */
export interface AgreementFigures {
  readonly conditions: string
  readonly limits: MistakeLimits
  readonly same: Counts
  readonly twins: Counts
}

/** In which OCR begins to make mistakes. */
const hardVariations: readonly DocumentVariation[] = [
  { name: 'a quarter of the size', scale: 0.27, quality: 85 },
  { name: 'far out of focus', blur: 3.6, quality: 70 },
  { name: 'small and grainy', scale: 0.4, brightness: 0.4, noise: 30, quality: 50 },
  { name: 'hardly any bytes', scale: 0.6, quality: 3 },
  { name: 'small, tilted and out of focus', scale: 0.4, degrees: 3, blur: 1.3, quality: 60 },
]

const conditions = {
  ordinary: documentVariations.filter(({ hides }) => hides === undefined),
  hard: hardVariations,
}

const limitsToTry: readonly MistakeLimits[] = [
  { lettersPerMistake: Infinity, sureConfidence: 1 },
  ...[6, 8, 10, 12].map((lettersPerMistake) => ({ lettersPerMistake, sureConfidence: 0.95 })),
  ...[0.9, 0.97, 0.98, Infinity].map((sureConfidence) => ({
    lettersPerMistake: 10,
    sureConfidence,
  })),
]

/** Reads papers of so many cases in each condition, and counts what is told of them with each limit. */
export async function measureAgreements(
  cases: number,
  report: (line: string) => void,
): Promise<AgreementFigures[]> {
  const read = await createReader()
  const figures: AgreementFigures[] = []
  for (const [name, variations] of Object.entries(conditions)) {
    const counted = limitsToTry.map((limits) => ({
      ...{ conditions: name, limits },
      ...{ same: createCounts(), twins: createCounts() },
    }))
    for (let seed = 0; seed < cases; seed += 1) {
      const draw = createDraw(seed)
      const { values, twins } = drawFields(draw)
      const [papers, others] = [
        await read(values, draw, variations),
        await read(twins, draw, variations),
      ]
      for (const { limits, same, twins: differing } of counted) {
        for (const pair of pairsOf(papers, papers)) await countAgreements(pair, limits, same)
        for (const pair of pairsOf(papers, others)) await countAgreements(pair, limits, differing)
      }
      report(`${name}: ${seed + 1} of ${cases} cases`)
    }
    figures.push(...counted)
  }
  return figures
}

/** Each paper of one list with those behind it of the other. */
function pairsOf(
  papers: readonly ReadPaper[],
  others: readonly ReadPaper[],
): (readonly [ReadPaper, ReadPaper])[] {
  return papers.flatMap((one, at) => others.slice(at + 1).map((other) => [one, other] as const))
}

/** Reads the papers of a case, each in a condition of its own. */
async function createReader() {
  const models = await loadOcrModels()
  return async (values: FieldValues, draw: Draw, variations: readonly DocumentVariation[]) => {
    const papers: ReadPaper[] = []
    for (const { document, fields } of layOutPapers(values, draw)) {
      const variation = variations[draw.upTo(variations.length)]
      if (variation === undefined) continue
      const image = await renderDocument(document)
      const { content } = await varyDocument(image, { rows: [] }, variation)
      const { lines = [] } = (await readDocument(models, content)) ?? {}
      papers.push({ values, fields, lines })
    }
    return papers
  }
}
