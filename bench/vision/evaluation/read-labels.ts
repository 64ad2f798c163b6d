import { z } from 'zod'
import { IpsError } from '../../../lib/errors/ips-error.ts'

const length = z.number().min(0).max(100_000)

const labelSchema = z.strictObject({
  image: z.string().min(1).max(4_096),
  faces: z
    .array(
      z.strictObject({
        // Left, top, width and height in pixels of the upright image.
        box: z.tuple([
          z.number().min(-100_000).max(100_000),
          z.number().min(-100_000).max(100_000),
          length,
          length,
        ]),
        person: z.string().min(1).max(256).optional(),
      }),
    )
    .max(10_000)
    .optional(),
  lines: z.array(z.string().max(10_000)).max(10_000).optional(),
  text: z.string().max(1_000_000).optional(),
})

/** What is known of an image. What is absent is not known: an image without faces has `faces: []`. */
export type ImageLabel = z.output<typeof labelSchema>

/** A line of labels at most: a page of text has a hundredth of it. */
const maxLineLength = 4 * 1024 * 1024

/**
 * Reads labels in JSON lines; empty lines are left out. Returns them by image. Throws `IpsError('label-malformed')` with the
 * number of the line where one is no label, or an image's second.
 */
export function readLabels(text: string): Map<string, ImageLabel> {
  const labels = new Map<string, ImageLabel>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const label = readLabel(line, index + 1)
    if (labels.has(label.image)) throw malformed(index + 1, `${label.image} has a label already`)
    labels.set(label.image, label)
  }
  return labels
}

function readLabel(line: string, number: number): ImageLabel {
  if (line.length > maxLineLength) throw malformed(number, 'it is too long')
  const { data, error } = labelSchema.safeParse(parse(line, number))
  if (data === undefined) throw malformed(number, z.prettifyError(error))
  return data
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw malformed(number, 'it is no JSON')
  }
}

function malformed(line: number, reason: string): IpsError {
  return new IpsError('label-malformed', `line ${line} of the labels: ${reason}`)
}
