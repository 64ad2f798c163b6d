import { matchBoxes } from '../match-boxes.ts'
import { rateDetection, type DetectedScene, type DetectionRates } from '../rate-detection.ts'
import type { FoundFaceBox } from './read-findings.ts'
import { ratePeople, type KnownTemplate, type PeopleRates } from './rate-people.ts'
import type { ImageLabel } from './read-labels.ts'

/** What was found of the faces of a run. */
export interface FaceFigures {
  readonly faces: number
  readonly imagesWithFaces: number
  /** Found faces by tenths of confidence: the last of ten parts from 0 to 1 is the surest. */
  readonly confidences: readonly number[]
  /** Of labelled images, by threshold. */
  readonly rates?: readonly DetectionRates[]
  /** Of labelled faces, at the usual confidence. */
  readonly recallByHeight?: Readonly<Record<string, { faces: number; recall: number }>>
  /** Of faces whose person is labelled and that can be compared. */
  readonly people?: PeopleRates
}

/** Takes in images, and says in the end what was found. */
export interface FaceCounter {
  add(image: string, found: readonly FoundFaceBox[], label: ImageLabel | undefined): void
  figures(): FaceFigures
}

const thresholds = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
/** What a client gets that says nothing. */
const usualConfidence = 0.7
/** As `rateDetection` counts. */
const minOverlap = 0.5
/** Upper ends, in pixels. */
const heights = [24, 36, 48, 64, 96, 128, 256, Infinity]

/** Creates a counter of faces. */
export function createFaceCounter(): FaceCounter {
  const scenes: DetectedScene[] = []
  const known: KnownTemplate[] = []
  const confidences = Array.from({ length: 10 }, () => 0)
  const byHeight = new Map<number, { faces: number; found: number }>()
  let [faces, imagesWithFaces] = [0, 0]
  return {
    add(image, found, label) {
      faces += found.length
      imagesWithFaces += found.length > 0 ? 1 : 0
      for (const { confidence } of found) addTo(confidences, confidence)
      if (label?.faces === undefined) return
      const wanted = label.faces.map(({ box: [left, top, width, height] }) => {
        return { left, top, width, height }
      })
      scenes.push({ kind: 'all', faces: wanted, found })
      const sure = found.filter(({ confidence }) => confidence >= usualConfidence)
      const matches = matchBoxes(wanted, sure, minOverlap)
      const hits = new Map(matches.map((match) => [match.wanted, sure[match.found]]))
      for (const [place, { height }] of wanted.entries()) {
        const end = heights.find((upper) => height < upper) ?? Infinity
        const { faces: before, found: hit } = byHeight.get(end) ?? { faces: 0, found: 0 }
        byHeight.set(end, { faces: before + 1, found: hit + (hits.has(place) ? 1 : 0) })
        const [person, template] = [label.faces[place]?.person, hits.get(place)?.template]
        if (person !== undefined && template !== undefined) known.push({ image, person, template })
      }
    },
    figures: () => ({
      ...{ faces, imagesWithFaces, confidences },
      ...(scenes.length > 0 && {
        rates: rateDetection(scenes, thresholds),
        recallByHeight: recallByHeight(byHeight),
      }),
      ...(known.length > 0 && { people: ratePeople(known) }),
    }),
  }
}

/** Counts a value from 0 to 1 in its tenth. */
export function addTo(tenths: number[], value: number): void {
  const tenth = Math.max(0, Math.min(9, Math.floor(value * 10)))
  tenths[tenth] = (tenths[tenth] ?? 0) + 1
}

function recallByHeight(byHeight: ReadonlyMap<number, { faces: number; found: number }>) {
  const names = heights.map((end, at) => {
    const from = heights[at - 1] ?? 0
    return [end, end === Infinity ? `from ${from} px` : `${from} to ${end} px`] as const
  })
  return Object.fromEntries(
    names.flatMap(([end, name]) => {
      const counts = byHeight.get(end)
      if (counts === undefined) return []
      return [[name, { faces: counts.faces, recall: counts.found / counts.faces }]]
    }),
  )
}
