import { spawn } from 'node:child_process'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'

/** A family of the fonts that rendered documents have; there are no others. */
export type FontFamily =
  'DejaVu Sans' | 'DejaVu Serif' | 'DejaVu Sans Mono' | 'DejaVu Sans Condensed'

/** One piece of text on one baseline. Lengths are pixels of the document before it is turned. */
export interface TextItem {
  readonly text: string
  /** Where `anchor` lies. */
  readonly x: number
  /** The baseline. */
  readonly y: number
  /** Font size, 24 unless told. */
  readonly size?: number
  /** DejaVu Sans unless told. */
  readonly family?: FontFamily
  readonly bold?: boolean
  /** Which end of the text `x` means, `start` unless told. */
  readonly anchor?: 'start' | 'middle' | 'end'
  /** A CSS colour, black unless told. */
  readonly fill?: string
  /** Turns this item clockwise round its own (x, y). */
  readonly rotateDegrees?: number
}

/** A document to render: text on a plain background. */
export interface DocumentToRender {
  readonly width: number
  readonly height: number
  readonly items: readonly TextItem[]
  /** A CSS colour, white unless told. */
  readonly background?: string
  /** Straight lines, for example of a table. */
  readonly rules?: readonly {
    readonly x1: number
    readonly y1: number
    readonly x2: number
    readonly y2: number
  }[]
  /** Turns the whole page clockwise round its centre; its size stays, and what leaves it is lost. */
  readonly rotateDegrees?: number
  /** Standard deviation of a blur, in pixels. */
  readonly blur?: number
  /** PNG unless told. */
  readonly format?: 'png' | 'jpeg' | 'webp'
  /** Of a JPEG or WebP, 90 unless told. */
  readonly quality?: number
}

/**
 * Renders a document to the bytes of an image file. The same document gives the same bytes on every machine: fonts come
 * from a package. It works in a child process, because a process that decodes clients' images has no SVG decoder and
 * because fontconfig reads its configuration once.
 */
export async function renderDocument(document: DocumentToRender): Promise<Buffer> {
  const format = document.format ?? 'png'
  const script = path.join(import.meta.dirname, 'render-svg.ts')
  const child = spawn(process.execPath, [script, format, String(document.quality ?? 90)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      FONTCONFIG_FILE: path.join(import.meta.dirname, 'fonts.conf'),
    },
  })
  child.stdin.end(documentToSvg(document))
  const exited = new Promise((resolve) => child.once('close', resolve))
  const [image, complaints, code] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    exited,
  ])
  if (code !== 0) throw new Error(`the document was not rendered: ${complaints.toString()}`)
  return image
}

/** The SVG of a document. */
export function documentToSvg(document: DocumentToRender): string {
  const { width, height } = document
  const blur = document.blur ?? 0
  const turn = `rotate(${document.rotateDegrees ?? 0} ${width / 2} ${height / 2})`
  const rules = (document.rules ?? []).map(
    ({ x1, y1, x2, y2 }) => `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="#000" stroke-width="1.5"/>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    `<filter id="blur"><feGaussianBlur stdDeviation="${blur}"/></filter>`,
    `<rect width="100%" height="100%" fill="${document.background ?? '#fff'}"/>`,
    `<g${blur > 0 ? ' filter="url(#blur)"' : ''}><g transform="${turn}">`,
    ...rules,
    ...document.items.map(itemToSvg),
    '</g></g></svg>',
  ].join('\n')
}

function itemToSvg(item: TextItem): string {
  const attributes = {
    x: item.x,
    y: item.y,
    'font-size': item.size ?? 24,
    'font-family': item.family ?? 'DejaVu Sans',
    'font-weight': item.bold === true ? 'bold' : 'normal',
    'text-anchor': item.anchor ?? 'start',
    fill: item.fill ?? '#000',
    transform: `rotate(${item.rotateDegrees ?? 0} ${item.x} ${item.y})`,
  }
  const written = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`)
  return `<text xml:space="preserve" ${written.join(' ')}>${escapeXml(item.text)}</text>`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
