import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FontFamily, TextItem } from './render-document.ts'

const folder = path.join(import.meta.dirname, '../../node_modules/dejavu-fonts-ttf/ttf')

const files: Readonly<Record<FontFamily, { readonly normal: string; readonly bold: string }>> = {
  'DejaVu Sans': { normal: 'DejaVuSans.ttf', bold: 'DejaVuSans-Bold.ttf' },
  'DejaVu Serif': { normal: 'DejaVuSerif.ttf', bold: 'DejaVuSerif-Bold.ttf' },
  'DejaVu Sans Mono': { normal: 'DejaVuSansMono.ttf', bold: 'DejaVuSansMono-Bold.ttf' },
  'DejaVu Sans Condensed': {
    normal: 'DejaVuSansCondensed.ttf',
    bold: 'DejaVuSansCondensed-Bold.ttf',
  },
}

/** How a text is set. */
export type TextStyle = Pick<TextItem, 'size' | 'family' | 'bold'>

/** Measures text of one style; see `createTextMeasure`. */
export type TextMeasure = (text: string) => number

/** Reads a font's advance widths; the function returned gives a text's width in pixels, kerning left out. */
export function createTextMeasure(style: TextStyle): TextMeasure {
  const font = readFileSync(
    path.join(
      folder,
      files[style.family ?? 'DejaVu Sans'][style.bold === true ? 'bold' : 'normal'],
    ),
  )
  const unitsPerEm = font.readUInt16BE(tableOffset(font, 'head') + 18)
  const longMetrics = font.readUInt16BE(tableOffset(font, 'hhea') + 34)
  const hmtx = tableOffset(font, 'hmtx')
  const cmap = unicodeSubtable(font)
  const advance = (character: string) => {
    const glyph = glyphOf(font, cmap, character.codePointAt(0) ?? 0)
    return font.readUInt16BE(hmtx + 4 * Math.min(glyph, longMetrics - 1))
  }
  const scale = (style.size ?? 24) / unitsPerEm
  return (text) => Array.from(text, advance).reduce((sum, units) => sum + units, 0) * scale
}

function tableOffset(font: Buffer, tag: string): number {
  const tables = font.readUInt16BE(4)
  for (let i = 0; i < tables; i++) {
    const record = 12 + 16 * i
    if (font.toString('latin1', record, record + 4) === tag) return font.readUInt32BE(record + 8)
  }
  throw new Error(`the font has no table ${tag}`)
}

/** The character map of format 4 for Unicode on Windows, which every TrueType font has. */
function unicodeSubtable(font: Buffer): number {
  const cmap = tableOffset(font, 'cmap')
  const count = font.readUInt16BE(cmap + 2)
  for (let i = 0; i < count; i++) {
    const record = cmap + 4 + 8 * i
    if (font.readUInt16BE(record) === 3 && font.readUInt16BE(record + 2) === 1)
      return cmap + font.readUInt32BE(record + 4)
  }
  throw new Error('the font has no Unicode character map')
}

function glyphOf(font: Buffer, cmap: number, code: number): number {
  const doubledSegments = font.readUInt16BE(cmap + 6)
  const ends = cmap + 14
  const starts = ends + doubledSegments + 2
  const deltas = starts + doubledSegments
  const rangeOffsets = deltas + doubledSegments
  for (let at = 0; at < doubledSegments; at += 2) {
    if (font.readUInt16BE(ends + at) < code) continue
    const start = font.readUInt16BE(starts + at)
    if (start > code) return 0
    const delta = font.readUInt16BE(deltas + at)
    const rangeOffset = font.readUInt16BE(rangeOffsets + at)
    if (rangeOffset === 0) return (code + delta) & 0xffff
    const glyph = font.readUInt16BE(rangeOffsets + at + rangeOffset + 2 * (code - start))
    return glyph === 0 ? 0 : (glyph + delta) & 0xffff
  }
  return 0
}
