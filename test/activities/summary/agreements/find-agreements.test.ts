import { describe, expect, test } from '@jest/globals'
import { findAgreements } from '../../../../activities/summary/agreements/find-agreements.ts'
import type { ImageLine } from '../../../../activities/summary/agreements/read-fields.ts'

/** Lines of images, each image a list of texts. */
function linesOf(...images: readonly (readonly string[])[]): ImageLine[] {
  return images.flatMap((texts, image) =>
    texts.map((text, line) => ({ imageId: `image ${image}`, line, text, confidence: 0.9 })),
  )
}

/** What agrees, with where it stands, as short as can be. */
async function agreementsOf(...images: readonly (readonly string[])[]) {
  const agreements = await findAgreements(linesOf(...images))
  return agreements.map(({ text, occurrences }) => [
    text,
    ...occurrences.map(({ imageId, line }) => `${imageId.slice(6)}:${line}`),
  ])
}

describe('what is read in several images', () => {
  test.each([
    ['case, accents, spaces and punctuation', 'José García-Pérez', 'JOSE GARCIA PEREZ'],
    ['a space that was lost', '12 Station Road', '12Station Road'],
    ['a label with its colon', 'Name: Anna Berg', 'Anna Berg'],
    ['labels that differ', 'Ship to: Anna Berg', 'Empfänger: Anna Berg'],
    ['labels round a number', 'Invoice No. 4711', 'Order 4711'],
    ['a currency beside an amount', 'Total EUR 70.24', '70,24 €'],
    ['the marks of a date', 'Date: 24.11.2026', '24/11/2026'],
    ['the groups of a long number', 'JD 1234 5678 9012', 'Parcel JD123456789012'],
    ['letters at the edge of a long number', 'Parcel JD983652103175', '|D983652103175'],
    ['a long number in a sentence', 'We thank you for order 471108.', 'Re 471108 of Monday'],
    ['a line within a longer one', 'Deliver to Anna Berg, 2nd floor', 'Anna Berg'],
    ['a wrong letter in ten', 'Johannes Kepler', 'Johannes Kep1er'.replace('1', 'i')],
    ['names in other scripts', '收件人：王小明', '王小明'],
    ['a sharp s', 'Straßburger Allee', 'STRASSBURGER ALLEE'],
  ])('agrees but for %s', async (_what, one, other) => {
    expect(await agreementsOf([one], [other])).toEqual([[expect.anything(), '0:0', '1:0']])
  })

  test.each([
    ['other digits', 'Order 12345', 'Order 12346'],
    ['an O for a 0', 'Order A1O234', 'Order A10234'],
    ['the point elsewhere', '1.25 5', '12.5 5'],
    ['numbers that only look joined', '2 39.80', '239.80'],
    ['a space between short numbers', 'Room 12 345', 'Room 123 45'],
    ['an address with another number', '12 Station Road', '14 Station Road'],
    ['a postcode with another letter', 'Cambridge CB1 2JW', 'Cambridge OB1 2JW'],
    ['words that nearly all labels have', 'Delivery note', 'DELIVERY NOTE'],
    ['a label and its page', 'Page 1 of 2', 'Page 1 of 2'],
    ['a label of any language', 'Empfänger:', 'Empfänger:'],
    ['a short word', 'Ltd', 'Ltd'],
    ['a year', '2026', '2026'],
    ['another name', 'Anna Berg', 'Anne Berg'],
    ['a part of a word', 'Berg', 'Bergmann'],
    ['words that stand apart', 'Anna Maria Berg', 'Anna Berg'],
    ['another order of a date', '2026-11-24', '24.11.2026'],
  ])('does not agree where there is %s', async (_what, one, other) => {
    expect(await agreementsOf([one], [other])).toEqual([])
  })

  test('is told once, with everything that is in most images first', async () => {
    const papers = [
      ['Name: Jane Miller', 'Order 471108', 'Garden lantern'],
      ['JANE MILLER', 'Garden lantern'],
      ['Order no.: 471108', 'for Jane Miller', 'and again Jane Miller'],
    ]
    expect(await agreementsOf(...papers)).toEqual([
      ['Jane Miller', '0:0', '1:0', '2:1', '2:2'],
      ['Garden lantern', '0:2', '1:1'],
      ['471108', '0:1', '2:0'],
    ])
  })

  test('is told of a part only where the part stands elsewhere too', async () => {
    const whole = ['Bristol 10115', 'Bristol 10115']
    expect(await agreementsOf(['Bristol'], ...whole.map((line) => [line]))).toEqual([
      ['Bristol', '0:0', '1:0', '2:0'],
      ['Bristol 10115', '1:0', '2:0'],
    ])
    const twice = whole.map((line) => [line, 'Hamburg 10115'])
    expect(await agreementsOf(...twice)).toEqual([
      ['Bristol 10115', '0:0', '1:0'],
      ['Hamburg 10115', '0:1', '1:1'],
    ])
    expect(await agreementsOf(['Bristol 10115'], ['Hamburg 10115'])).toEqual([
      ['10115', '0:0', '1:0'],
    ])
  })

  test('never takes two readings of one image for one, nor the worse of two', async () => {
    const one = ['Maria Hofmann', 'Mario Hofmann']
    expect(await agreementsOf(one)).toEqual([])
    expect(await agreementsOf(one, ['Maria Hofmann'])).toEqual([['Maria Hofmann', '0:0', '1:0']])
    expect(await agreementsOf(one, one)).toEqual([
      ['Maria Hofmann', '0:0', '1:0'],
      ['Mario Hofmann', '0:1', '1:1'],
    ])
  })

  test('takes no letter for a mistake that was read surely, on either side', async () => {
    const confidences = [
      [0.99, 0.9],
      [0.9, 0.99],
      [0.99, 0.99],
    ]
    const found = confidences.map(async (of) => {
      const lines = linesOf(['Maria Hofmann'], ['Mario Hofmann'])
      return findAgreements(lines.map((line, at) => ({ ...line, confidence: of[at] ?? 0 })))
    })
    expect((await Promise.all(found)).map((agreements) => agreements.length)).toEqual([1, 1, 0])
  })

  test('says how similar the readings are', async () => {
    const [agreement] = await findAgreements(
      linesOf(['Maria Hofmann'], ['Maria Hofmam'], ['MARIA HOFMANN']),
    )
    expect(agreement).toMatchObject({ score: 1 })
    const [near] = await findAgreements(
      linesOf(['Maria Hofmann'], ['Marla Hofmann'], ['MARIA HOFMANN']),
    )
    expect(near?.score).toBeCloseTo(11 / 12)
    expect(near?.occurrences.map(({ similarity }) => similarity)).toEqual([1, near?.score, 1])
  })
})
