import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { orderLines, type TextColumn } from '../../workers/ocr/reading-order.ts'
import { readText } from '../../workers/ocr/read-text.ts'
import { createRecognizedText } from '../../workers/ocr/recognized-text.ts'
import { decodeUpright, type UprightImage } from '../../workers/vision/upright-image.ts'
import { round } from '../statistics.ts'
import { withCpuTime } from './cpu-clock.ts'
import { drawCurves } from './draw-curves.ts'
import {
  countText,
  rateText,
  type TextCounts,
  type TextRates,
  type TextWithLines,
} from './rate-text.ts'
import { rounded } from './rounded.ts'
import { loadTextModels } from './text-models.ts'
import { nothingWritten, textScenes } from './text-scenes.ts'
import { documentVariations } from './vary-document.ts'

/** What was read with one setting. */
export interface SettingRates extends TextRates {
  readonly model: string
  readonly detectionSide: number
  readonly minConfidence: number
  /** Lines read in pictures where nothing is written, for each of them. */
  readonly inventedLines: number
  /** For an image with text, in ms. */
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

const [usedModel, formerModel] = ['PP-OCRv6', 'PP-OCRv4']
const sides = [640, 960, 1280]
const confidences = [0, 0.3, 0.5, 0.7, 0.9]
/** As the claims say by default. */
const defaults = { detectionSide: 960, minConfidence: 0.5 }
/** What one setting made of one image. */
interface Reading {
  readonly kind: string
  readonly variation: string
  readonly model: string
  readonly detectionSide: number
  readonly minConfidence: number
  readonly cpuMs: number
  readonly counts: TextCounts
  readonly linesRead: number
}

/** Measures it on rendered documents and variations of them, and writes the plot into `directory`. */
export async function measureText(
  directory: string,
  report: (line: string) => void,
): Promise<TextFigures> {
  const readings: Reading[] = []
  const read = await createReader()
  let last = ''
  for await (const { kind, variation, content, written } of textScenes()) {
    if (kind !== last) report(`reading: ${kind}`)
    last = kind
    for (const reading of await read(await decodeUpright(content), written)) {
      readings.push({ kind, variation, ...reading })
    }
  }
  const figures = summarise(readings)
  await mkdir(directory, { recursive: true })
  const plot = path.join(directory, 'text.svg')
  await writeFile(plot, drawText(figures))
  report(`plot: ${plot}`)
  return figures
}

/** Reads an image with every setting, and with the models of before with the usual one. */
async function createReader() {
  const { used, former } = await loadTextModels()
  const tries = [
    ...sides.map((detectionSide) => ({ ...{ model: usedModel, models: used }, detectionSide })),
    { model: formerModel, models: former, detectionSide: defaults.detectionSide },
  ]
  return async (image: UprightImage, written: TextWithLines) => {
    const readings: Omit<Reading, 'kind' | 'variation'>[] = []
    for (const { model, models, detectionSide } of tries) {
      const settings = { detectionSide, minConfidence: 0 }
      const [columns, cpuMs] = await withCpuTime(() => readText(image, settings, models))
      for (const minConfidence of confidences) {
        const text = toText(columns, minConfidence, image)
        const counts = countText(text, written)
        const linesRead = text.lines.length
        readings.push({ model, detectionSide, minConfidence, cpuMs, counts, linesRead })
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

function summarise(readings: readonly Reading[]): TextFigures {
  const usual = ofSetting(readings, { model: usedModel, ...defaults }).written
  const plain = usual.filter(({ variation }) => variation === documentVariations[0]?.name)
  const used = sides.map((detectionSide) => ({ model: usedModel, detectionSide }))
  const former = { model: formerModel, detectionSide: defaults.detectionSide }
  return rounded({
    images: usual.length,
    characters: sumOf(usual, ({ counts }) => counts.characters),
    settings: [...used, former].flatMap((tried) =>
      confidences.map((minConfidence) => {
        const setting = { ...tried, minConfidence }
        const { written, textless } = ofSetting(readings, setting)
        const invented = sumOf(textless, ({ linesRead }) => linesRead)
        return {
          ...{ ...setting, ...rateText(written.map(({ counts }) => counts)) },
          inventedLines: invented / Math.max(1, textless.length),
          cpuMs: round(sumOf(written, ({ cpuMs }) => cpuMs) / Math.max(1, written.length)),
        }
      }),
    ),
    kinds: ratesBy(plain, ({ kind }) => kind),
    variations: ratesBy(usual, ({ variation }) => variation),
  })
}

function ofSetting(
  readings: readonly Reading[],
  setting: Pick<Reading, 'model' | 'detectionSide' | 'minConfidence'>,
): { written: Reading[]; textless: Reading[] } {
  const of = readings.filter(
    ({ model, detectionSide, minConfidence }) =>
      model === setting.model &&
      detectionSide === setting.detectionSide &&
      minConfidence === setting.minConfidence,
  )
  return {
    written: of.filter(({ kind }) => kind !== nothingWritten),
    textless: of.filter(({ kind }) => kind === nothingWritten),
  }
}

function sumOf(readings: readonly Reading[], of: (reading: Reading) => number): number {
  return readings.reduce((sum, reading) => sum + of(reading), 0)
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
    const rates = settings.filter(
      ({ model, detectionSide }) => model === usedModel && detectionSide === side,
    )
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
