import { parseArgs } from 'node:util'
import { measureAgreements, type AgreementFigures } from './agreements/measure-agreements.ts'
import { fields } from './agreements/rendered-papers.ts'
import { layOutTable } from './vision/lay-out-table.ts'

/**
 * What a summary says of the agreement of texts, on papers of which it is known what they say: of pairs with the same field the
 * part of which it says so, and behind it of pairs whose field differs by one letter or digit the part that it takes for one;
 * by what is taken for a mistake of reading.
 */

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
  },
})
const report = (line: string) => void process.stderr.write(`${line}\n`)
const figures = await measureAgreements(Number(values.cases), report)
const head = ['conditions', 'letters for a mistake', 'sure from', ...fields]
process.stdout.write(`${layOutTable([head, ...figures.map(toRow)])}\n`)
if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'agreements', figures })}\n`)

function toRow({ conditions, limits, same, twins }: AgreementFigures): string[] {
  return [
    conditions,
    limits.lettersPerMistake === Infinity ? 'none' : String(limits.lettersPerMistake),
    limits.sureConfidence === Infinity ? 'never' : String(limits.sureConfidence),
    ...fields.map((field) => `${partOf(same[field])} / ${partOf(twins[field])}`),
  ]
}

function partOf({ pairs, told }: { readonly pairs: number; readonly told: number }): string {
  return pairs === 0 ? '–' : (told / pairs).toFixed(3)
}
