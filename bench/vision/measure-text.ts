import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { renderDocument } from '../../test/support/render-document.ts'
import { loadOcrModels } from '../../test/workers/ocr/read-document.ts'
import { orderLines, type TextColumn } from '../../workers/ocr/reading-order.ts'
import { readText } from '../../workers/ocr/read-text.ts'
import { createRecognizedText } from '../../workers/ocr/recognized-text.ts'
import { decodeUpright, type UprightImage } from '../../workers/vision/upright-image.ts'
import { round } from '../statistics.ts'
import { withCpuTime } from './cpu-clock.ts'
import { createDraw } from './document-words.ts'
import { drawCurves } from './draw-curves.ts'
import {
  countText,
  rateText,
  type TextCounts,
  type TextRates,
  type TextWithLines,
} from './rate-text.ts'
import { documentKinds, type RenderedDocument } from './rendered-documents.ts'
import { rounded } from './rounded.ts'
import { documentVariations, varyDocument } from './vary-document.ts'

/** What was read with one setting. */
export interface SettingRates extends TextRates {
  readonly detectionSide: number
  readonly minConfidence: number
  /** For an image, in ms. */
  readonly cpuMs: number
}

/** How well text is read. */
export interface TextFigures {
  readonly images: number
  readonly characters: number
  readonly settings: readonly SettingRates[]
  /** With what a client gets that says nothing: plain documents by kind, and all kinds by variation. */
  readonly kinds: Readonly<Record<string, TextRates>>
  readonly variations: Readonly<Record<string, TextRates>>
}

const sides = [640, 960, 1280]
const confidences = [0, 0.3, 0.5, 0.7, 0.9]
/** As the claims say by default. */
const defaults = { detectionSide: 960, minConfidence: 0.5 }
/** Plain ones of each kind; the first is also varied. */
const documentsOfKind = 3

/** What one setting made of one image. */
interface Reading {
  readonly kind: string
  readonly variation: string
  readonly detectionSide: number
  readonly minConfidence: number
  readonly cpuMs: number
  readonly counts: TextCounts
}

/** Measures it on rendered documents and variations of them, and writes the plot into `directory`. */
export async function measureText(
  directory: string,
  report: (line: string) => void,
): Promise<TextFigures> {
  const readings: Reading[] = []
  const read = await createReader()
  for (const [kind, make] of Object.entries(documentKinds)) {
    report(`reading: ${kind}`)
    for (let seed = 0; seed < documentsOfKind; seed += 1) {
      const document = make(createDraw(seed))
      const image = await renderDocument(document.document)
      const variations = seed === 0 ? documentVariations : documentVariations.slice(0, 1)
      for (const variation of variations) {
        const { content, rows } = await varyDocument(image, document, variation)
        const written = textOf({ rows })
        const about = { kind, variation: variation.name }
        for (const reading of await read(await decodeUpright(content), written)) {
          readings.push({ ...about, ...reading })
        }
      }
    }
  }
  const figures = summarise(readings)
  await mkdir(directory, { recursive: true })
  const plot = path.join(directory, 'text.svg')
  await writeFile(plot, drawText(figures))
  report(`plot: ${plot}`)
  return figures
}

/** Reads an image with every setting. */
async function createReader() {
  const models = await loadOcrModels()
  const parts = {
    detector: models.session('PP-OCRv6_det_small'),
    recogniser: models.session('PP-OCRv6_rec_small'),
    dictionary: models.text('PP-OCRv6_rec_small'),
  }
  return async (image: UprightImage, written: TextWithLines) => {
    const readings: Omit<Reading, 'kind' | 'variation'>[] = []
    for (const detectionSide of sides) {
      const settings = { detectionSide, minConfidence: 0 }
      const [columns, cpuMs] = await withCpuTime(() => readText(image, settings, parts))
      for (const minConfidence of confidences) {
        const counts = countText(toText(columns, minConfidence, image), written)
        readings.push({ detectionSide, minConfidence, cpuMs, counts })
      }
    }
    return readings
  }
}

/** As the service tells it, without the lines of which it is less sure. */
function toText(
  columns: readonly TextColumn[],
  minConfidence: number,
  { width, height }: UprightImage,
): TextWithLines {
  const sure = columns.flat(2).filter(({ confidence }) => confidence >= minConfidence)
  const { text, lines } = createRecognizedText(orderLines(sure), width, height)
  return { text, lines: lines.map((line) => line.text) }
}

function textOf({ rows }: Pick<RenderedDocument, 'rows'>): TextWithLines {
  return {
    text: rows.map(({ cells }) => cells.join(' ')).join('\n'),
    lines: rows.flatMap(({ cells }) => cells),
  }
}

function summarise(readings: readonly Reading[]): TextFigures {
  const usual = readings.filter(
    ({ detectionSide, minConfidence }) =>
      detectionSide === defaults.detectionSide && minConfidence === defaults.minConfidence,
  )
  const plain = usual.filter(({ variation }) => variation === documentVariations[0]?.name)
  return rounded({
    images: usual.length,
    characters: usual.reduce((sum, { counts }) => sum + counts.characters, 0),
    settings: sides.flatMap((detectionSide) =>
      confidences.map((minConfidence) => {
        const of = readings.filter(
          (reading) =>
            reading.detectionSide === detectionSide && reading.minConfidence === minConfidence,
        )
        const cpuMs = of.reduce((sum, reading) => sum + reading.cpuMs, 0) / Math.max(1, of.length)
        const rates = rateText(of.map(({ counts }) => counts))
        return { detectionSide, minConfidence, ...rates, cpuMs: round(cpuMs) }
      }),
    ),
    kinds: ratesBy(plain, ({ kind }) => kind),
    variations: ratesBy(usual, ({ variation }) => variation),
  })
}

function ratesBy(
  readings: readonly Reading[],
  nameOf: (reading: Reading) => string,
): Record<string, TextRates> {
  const groups = Map.groupBy(readings, nameOf)
  return Object.fromEntries(
    [...groups].map(([name, group]) => [name, rateText(group.map(({ counts }) => counts))]),
  )
}

/** Words found and characters wrong, by the confidence asked for. */
function drawText({ settings }: Pick<TextFigures, 'settings'>): string {
  const curves = sides.flatMap((side) => {
    const rates = settings.filter(({ detectionSide }) => detectionSide === side)
    return [
      { name: `${side}: words found`, parts: rates.map(({ wordRecall }) => wordRecall) },
      {
        ...{ name: `${side}: characters wrong`, isDashed: true },
        parts: rates.map(({ errorRate }) => Math.min(1, errorRate)),
      },
    ]
  })
  return drawCurves({ xs: confidences, mark: defaults.minConfidence, curves })
}
