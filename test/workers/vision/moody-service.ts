import { create } from '@bufbuild/protobuf'
import { setTimeout } from 'node:timers/promises'
import sharp from 'sharp'
import { z } from 'zod'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { RecognizedTextSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import {
  defineVisionService,
  type VisionResult,
} from '../../../workers/vision/define-vision-service.ts'

/** How the service behaves with an image: the red of its first pixel is the mood's place in this list. */
export const moods = [
  'calm',
  'empty',
  'crash',
  'hang',
  'slow',
  'bug',
  'refuse',
  'huge',
  'thrice',
] as const

export type Mood = (typeof moods)[number]

/** Longer than the session time-out of the group. */
export const slowMs = 12_000

const settings = z.union([z.literal(true), z.strictObject({ minConfidence: z.number() })])

/** A service without models that does with an image what the image says: for tests of what runs it. */
export const moody = defineVisionService<unknown>({
  name: 'moody',
  versions: [
    { version: '1.0', output: RecognizedTextSchema },
    { version: '1.1', output: RecognizedTextSchema },
    { version: '2.0', output: RecognizedTextSchema },
  ],
  models: [],
  readSettings(value) {
    const read = settings.safeParse(value)
    if (!read.success) throw new IpsError('claim-malformed', 'not a moody claim')
    return read.data
  },
  async process({ image, requests }) {
    const results = await answer(moods[image.pixels[0] ?? 0] ?? 'calm')
    return requests.map(() => results)
  },
  questions: {
    double: (input) => Promise.resolve(Number(input) * 2),
    refuse: () => Promise.reject(new IpsError('no-answer', 'there is no answer')),
  },
})

async function answer(mood: Mood): Promise<VisionResult[]> {
  switch (mood) {
    case 'crash':
      process.kill(process.pid, 'SIGSEGV')
      return new Promise(() => undefined)
    case 'hang':
      // As native code does: nothing else runs in this process any more.
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
    case 'slow':
      await setTimeout(slowMs)
      return [text('slow')]
    case 'bug':
      throw new TypeError('a bug, on purpose')
    case 'refuse':
      throw new IpsError('image-refused', 'refused, on purpose')
    case 'huge':
      return [text('x'.repeat(11 * 1024 * 1024))]
    case 'thrice':
      return [text('one'), text('two'), text('three')]
    case 'empty':
      return []
    case 'calm':
      return [text('calm')]
  }
}

function text(content: string): VisionResult {
  return { schema: RecognizedTextSchema, message: create(RecognizedTextSchema, { text: content }) }
}

/** An image for the moody service; those with another `serial` are other images. */
export function moodyImage(mood: Mood, serial = 0): Promise<Buffer> {
  const [width, height] = [8, 8]
  const pixels = Buffer.alloc(width * height * 3)
  pixels[0] = moods.indexOf(mood)
  pixels.writeUInt32BE(serial, 3)
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}
