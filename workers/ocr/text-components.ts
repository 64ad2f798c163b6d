import type { Point } from './rotated-rectangle.ts'

/** A connected set of pixels that are probably text. */
export interface TextComponent {
  /** Its number of pixels. */
  readonly area: number
  /** The outer corners of each row of it: enough for its convex hull. */
  readonly outline: readonly Point[]
}

interface Run {
  readonly row: number
  readonly start: number
  /** Behind the last pixel. */
  readonly end: number
  /** Index of a run of the same component, its own for the first: a forest of disjoint sets. */
  parent: number
}

/**
 * The 8-connected components of the pixels of a probability map that are above `threshold`, in the order of their first
 * pixel. Works on runs of pixels instead of on pixels: text covers little of a page.
 */
export function findTextComponents(
  map: Float32Array,
  width: number,
  height: number,
  threshold: number,
): readonly TextComponent[] {
  const runs = findRuns(map, width, height, threshold)
  connectRuns(runs)
  const components = new Map<number, { area: number; outline: Point[] }>()
  for (const [index, { row, start, end }] of runs.entries()) {
    const root = rootOf(runs, index)
    const component = components.get(root) ?? { area: 0, outline: [] }
    components.set(root, component)
    component.area += end - start
    component.outline.push(
      { x: start, y: row },
      { x: end, y: row },
      { x: start, y: row + 1 },
      { x: end, y: row + 1 },
    )
  }
  return [...components.values()]
}

function findRuns(map: Float32Array, width: number, height: number, threshold: number): Run[] {
  const runs: Run[] = []
  for (let row = 0; row < height; row++) {
    const from = row * width
    for (let x = 0; x < width; x++) {
      if ((map[from + x] ?? 0) <= threshold) continue
      const start = x
      while (x < width && (map[from + x] ?? 0) > threshold) x++
      runs.push({ row, start, end: x, parent: runs.length })
    }
  }
  return runs
}

/** Joins each run with those of the row above that it touches, corners included. */
function connectRuns(runs: readonly Run[]): void {
  let above = 0
  for (const [index, run] of runs.entries()) {
    for (let candidate = runs[above]; candidate !== undefined; candidate = runs[++above]) {
      if (
        candidate.row > run.row - 1 ||
        (candidate.row === run.row - 1 && candidate.end >= run.start)
      )
        break
    }
    for (let i = above; i < index; i++) {
      const candidate = runs[i]
      if (candidate?.row !== run.row - 1 || candidate.start > run.end) break
      join(runs, i, index)
    }
  }
}

function join(runs: readonly Run[], a: number, b: number): void {
  const [rootA, rootB] = [rootOf(runs, a), rootOf(runs, b)]
  const later = runs[Math.max(rootA, rootB)]
  if (later !== undefined) later.parent = Math.min(rootA, rootB)
}

function rootOf(runs: readonly Run[], index: number): number {
  let root = index
  for (let run = runs[root]; run !== undefined && run.parent !== root; run = runs[root]) {
    run.parent = runs[run.parent]?.parent ?? run.parent
    root = run.parent
  }
  return root
}
