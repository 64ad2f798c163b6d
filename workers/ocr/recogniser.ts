import { Tensor, type InferenceSession } from 'onnxruntime-node'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { UprightImage } from '../vision/upright-image.ts'
import { decodeCtc, readAlphabet, type Alphabet } from './ctc-decode.ts'
import { findInk } from './ink.ts'
import { cropLine, lineHeight, lineWidths, maxLineWidth } from './line-crop.ts'
import { createReadLine, type ReadLine } from './read-line.ts'
import { quarterTurn, type RotatedRectangle } from './rotated-rectangle.ts'

/** Reads lines of text, one after the other. */
export interface Recogniser {
  /** Reads the text of a rectangle, in the direction in which it is most confident where it is tall. */
  read(image: UprightImage, rectangle: RotatedRectangle): Promise<ReadLine>
}

/** A rectangle that is so many times as high as wide holds a line that runs up or down. */
const tallAspect = 1.5
/** One that is less tall may also hold a single upright character. */
const surelyTallAspect = 3

/** Makes a recogniser of a model and its dictionary. */
export function createRecogniser(session: InferenceSession, dictionary: string): Recogniser {
  const input = new Float32Array(3 * lineHeight * maxLineWidth)
  let alphabet: Alphabet | undefined

  async function readAt(image: UprightImage, rectangle: RotatedRectangle): Promise<ReadLine> {
    const widths = lineWidths(rectangle)
    cropLine(image, rectangle, widths, input)
    const data = input.subarray(0, 3 * lineHeight * widths.padded)
    const output = await session.run({
      x: new Tensor('float32', data, [1, 3, lineHeight, widths.padded]),
    })
    const { probabilities, classes } = probabilitiesOf(output, session)
    alphabet ??= readAlphabet(dictionary, classes)
    const steps = probabilities.length / classes
    const characters = decodeCtc(probabilities, alphabet).map(({ step, ...character }) => ({
      ...character,
      at: Math.min(1, ((step + 0.5) * widths.padded) / (steps * widths.content)),
    }))
    return createReadLine(rectangle, characters, findInk(input, widths))
  }

  return {
    async read(image, rectangle) {
      let best: ReadLine | undefined
      for (const candidate of directionsOf(rectangle)) {
        const line = await readAt(image, candidate)
        if (best === undefined || line.confidence > best.confidence) best = line
      }
      return best ?? readAt(image, rectangle)
    },
  }
}

/** The directions in which a rectangle may be read: along its longer side, downwards or upwards where it is tall. */
function directionsOf(rectangle: RotatedRectangle): readonly RotatedRectangle[] {
  if (rectangle.height < tallAspect * rectangle.width) return [rectangle]
  const turned = [quarterTurn(rectangle, 1), quarterTurn(rectangle, -1)]
  return rectangle.height < surelyTallAspect * rectangle.width ? [rectangle, ...turned] : turned
}

function probabilitiesOf(output: InferenceSession.ReturnType, session: InferenceSession) {
  const tensor = output[session.outputNames[0] ?? '']
  const classes = tensor?.dims[2]
  if (!(tensor?.data instanceof Float32Array) || classes === undefined) {
    throw new IpsError('model-unavailable', 'the recogniser does not give probabilities of classes')
  }
  return { probabilities: tensor.data, classes }
}
