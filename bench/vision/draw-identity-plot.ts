import type { IdentityFigures } from './measure-identity.ts'

const width = 640
const height = 400
const margin = 50
/** What a client gets that says nothing. */
const defaultThreshold = 0.42

const colours: Readonly<Record<string, string>> = {
  'same person, varied photo': '#1b7837',
  'same person, other photo': '#5aae61',
  'two people': '#b2182b',
  'transactions wholly right, mild': '#2166ac',
  'transactions wholly right, all': '#67a9cf',
  'transactions with two people in one': '#d6604d',
}

/** Draws what happens at each threshold, for templates as the service makes them, as SVG. */
export function drawIdentityPlot({ ways }: Pick<IdentityFigures, 'ways'>): string {
  const { pairs = [], mild = [], all = [] } = ways['mirrored'] ?? {}
  const thresholds = pairs.map(({ threshold }) => threshold)
  const [low, high] = [Math.min(...thresholds), Math.max(...thresholds)]
  const x = (threshold: number) =>
    margin + ((threshold - low) / (high - low)) * (width - 2 * margin)
  const y = (part: number) => height - margin - part * (height - 2 * margin)
  const curves: Readonly<Record<string, readonly number[]>> = {
    'same person, varied photo': pairs.map(({ samePhoto }) => samePhoto),
    'same person, other photo': pairs.map(({ otherPhoto }) => otherPhoto),
    'two people': pairs.map(({ falsePositive }) => falsePositive),
    'transactions wholly right, mild': mild.map(({ exact }) => exact),
    'transactions wholly right, all': all.map(({ exact }) => exact),
    'transactions with two people in one': all.map(({ wronglyJoined }) => wronglyJoined),
  }
  const lines = Object.entries(curves).map(([name, parts], at) => {
    const points = parts.map((part, index) => `${x(thresholds[index] ?? low)},${y(part)}`).join(' ')
    const colour = colours[name] ?? 'black'
    return (
      `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>` +
      `<text x="${width - margin - 210}" y="${margin + 14 * at}" fill="${colour}">${name}</text>`
    )
  })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (part) =>
      `<line x1="${margin}" x2="${width - margin}" y1="${y(part)}" y2="${y(part)}" stroke="#ddd"/>` +
      `<text x="${margin - 30}" y="${y(part) + 4}">${part}</text>`,
  )
  const names = thresholds.map(
    (threshold) => `<text x="${x(threshold) - 10}" y="${height - margin + 18}">${threshold}</text>`,
  )
  const middle = x(defaultThreshold)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    ...ticks,
    ...names,
    `<line x1="${middle}" x2="${middle}" y1="${y(0)}" y2="${y(1)}" stroke="#888" stroke-dasharray="4"/>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}
