import { drawCurves } from './draw-curves.ts'
import type { IdentityFigures } from './measure-identity.ts'

/** What a client gets that says nothing. */
const defaultThreshold = 0.42

/** Draws what happens at each threshold, for templates as the service makes them, as SVG. */
export function drawIdentityPlot({ ways }: Pick<IdentityFigures, 'ways'>): string {
  const { pairs = [], mild = [], all = [] } = ways['mirrored'] ?? {}
  const curves = {
    'same person, varied photo': { colour: '#1b7837', parts: pairs.map((at) => at.samePhoto) },
    'same person, other photo': { colour: '#5aae61', parts: pairs.map((at) => at.otherPhoto) },
    'two people': { colour: '#b2182b', parts: pairs.map((at) => at.falsePositive) },
    'transactions wholly right, mild': { colour: '#2166ac', parts: mild.map((at) => at.exact) },
    'transactions wholly right, all': { colour: '#67a9cf', parts: all.map((at) => at.exact) },
    'transactions with two people in one': {
      ...{ colour: '#d6604d', parts: all.map((at) => at.wronglyJoined) },
    },
  }
  return drawCurves({
    xs: pairs.map(({ threshold }) => threshold),
    mark: defaultThreshold,
    curves: Object.entries(curves).map(([name, curve]) => ({ name, ...curve })),
  })
}
