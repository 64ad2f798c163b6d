/** A line of a plot: its values, parts from 0 to 1, in the order of the plot's `xs`. */
export interface Curve {
  readonly name: string
  readonly parts: readonly number[]
  /** A CSS colour; one of a palette unless told. */
  readonly colour?: string
  readonly isDashed?: boolean
}

/** What to draw. */
export interface Curves {
  /** From the least to the greatest. */
  readonly xs: readonly number[]
  /** Where a vertical line stands. */
  readonly mark?: number
  readonly curves: readonly Curve[]
}

const width = 640
const height = 400
const margin = 50
const palette = ['#1b7837', '#2166ac', '#b2182b', '#762a83', '#e08214', '#4d4d4d']
const lineHeight = 14

/** Draws parts by what they depend on, as SVG. */
export function drawCurves({ xs, mark, curves }: Curves): string {
  const [low, high] = [Math.min(...xs), Math.max(...xs)]
  const x = (value: number) =>
    margin + ((value - low) / Math.max(high - low, Number.EPSILON)) * (width - 2 * margin)
  const y = (part: number) => height - margin - part * (height - 2 * margin)
  const lines = curves.map(({ name, parts, colour, isDashed = false }, at) => {
    const points = parts.map((part, index) => `${x(xs[index] ?? low)},${y(part)}`).join(' ')
    const stroke = colour ?? palette[at % palette.length] ?? 'black'
    const dashes = isDashed ? ' stroke-dasharray="5 3"' : ''
    return (
      `<polyline points="${points}" fill="none" stroke="${stroke}" stroke-width="2"${dashes}/>` +
      `<text x="${width - margin - 210}" y="${margin + lineHeight * at}" fill="${stroke}">${escapeXml(name)}</text>`
    )
  })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (part) =>
      `<line x1="${margin}" x2="${width - margin}" y1="${y(part)}" y2="${y(part)}" stroke="#ddd"/>` +
      `<text x="${margin - 30}" y="${y(part) + 4}">${part}</text>`,
  )
  const names = xs.map(
    (value) => `<text x="${x(value) - 10}" y="${height - margin + 18}">${value}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    ...ticks,
    ...names,
    ...(mark === undefined
      ? []
      : [
          `<line x1="${x(mark)}" x2="${x(mark)}" y1="${y(0)}" y2="${y(1)}" stroke="#888" stroke-dasharray="4"/>`,
        ]),
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
