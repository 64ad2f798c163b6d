import type { DocumentToRender, TextItem } from '../../test/support/render-document.ts'
import {
  cities,
  firstNames,
  goods,
  lastNames,
  streets,
  type Draw,
} from '../vision/document-words.ts'

/** What papers of one case have in common. */
export const fields = [
  'name',
  'surname',
  'street',
  'city',
  'order',
  'parcel',
  'date',
  'total',
] as const
export type Field = (typeof fields)[number]
export type FieldValues = Readonly<Record<Field, string>>

/** A paper: its picture, and the fields that stand on it. */
export interface Paper {
  readonly kind: string
  readonly document: DocumentToRender
  readonly fields: readonly Field[]
}

/** Draws the fields of a case, and others that differ from them by one letter or one digit each. */
export function drawFields(draw: Draw): {
  readonly values: FieldValues
  readonly twins: FieldValues
} {
  const surname = draw.from(lastNames)
  const values = {
    name: `${draw.from(firstNames)} ${surname}`,
    surname,
    street: `${10 + draw.upTo(80)} ${draw.from(streets)}`,
    city: `${10_000 + draw.upTo(80_000)} ${draw.from(cities)}`,
    order: String(100_000 + draw.upTo(900_000)),
    parcel: `JD ${draw.digits(4)} ${draw.digits(4)} ${draw.digits(4)}`,
    date: `${10 + draw.upTo(18)}.${10 + draw.upTo(3)}.20${10 + draw.upTo(17)}`,
    total: `${100 + draw.upTo(900)}.${10 + draw.upTo(90)}`,
  }
  const twins = fields.map((field) => [field, twinOf(values[field], field, draw)])
  const twinOfSurname = twinOf(surname, 'surname', draw)
  return {
    values,
    twins: {
      ...(Object.fromEntries(twins) as FieldValues),
      surname: twinOfSurname,
      name: values.name.replace(surname, twinOfSurname),
    },
  }
}

const worded: readonly Field[] = ['name', 'surname', 'street']

/** A value with another vowel in one place, or another digit. */
function twinOf(value: string, field: Field, draw: Draw): string {
  const changeable = worded.includes(field) ? /[aeiou]/ : /\d/
  const places = Array.from(value).flatMap((sign, at) => (changeable.test(sign) ? [at] : []))
  const at = places[draw.upTo(places.length)] ?? 0
  const signs = worded.includes(field) ? 'aeiou' : '0123456789'
  const [other = ''] = draw.shuffled(Array.from(signs).filter((sign) => sign !== value[at]))
  return `${value.slice(0, at)}${other}${value.slice(at + 1)}`
}

/** The papers of a case: the same fields in different forms. */
export function layOutPapers(value: FieldValues, draw: Draw): readonly Paper[] {
  return [order(value, draw), label(value, draw), note(value, draw), card(value)]
}

function order(value: FieldValues, draw: Draw): Paper {
  const rows = [
    ['ORDER'],
    ['Name:', value.name],
    ['Address:', value.street],
    ['City:', value.city],
    ['Order no.:', value.order],
    ['Date:', value.date],
    ['Article:', draw.from(goods)],
    ['Total:', `EUR ${value.total}`],
  ]
  return toPaper('order', rows, ['name', 'surname', 'street', 'city', 'order', 'date', 'total'])
}

function label(value: FieldValues, draw: Draw): Paper {
  const rows = [
    [`From: Lantern & Sons, 7 Dock Street, ${draw.from(cities)}`],
    [value.name.toUpperCase()],
    [value.street.toUpperCase()],
    [value.city.toUpperCase()],
    [`Shipment ${value.parcel}`],
    [`Order ${value.order}`],
    ['Weight: 2.4 kg'],
  ]
  return toPaper('label', rows, ['name', 'surname', 'street', 'city', 'order', 'parcel'])
}

function note(value: FieldValues, draw: Draw): Paper {
  const rows = [
    ['DELIVERY NOTE', `No. ${value.order}`],
    [`Deliver to ${value.name}`],
    [`${value.street}, ${value.city}`],
    ['Article', 'Price'],
    [draw.from(goods), `${10 + draw.upTo(90)}.${10 + draw.upTo(90)}`],
    ['Total', value.total],
    [`Parcel: ${value.parcel.replaceAll(' ', '')}`],
    [`Date ${value.date.replaceAll('.', '/')}`],
  ]
  return toPaper('note', rows, fields)
}

function card(value: FieldValues): Paper {
  const rows = [
    ['IDENTITY CARD'],
    ['Surname', value.surname.toUpperCase()],
    ['Residence', `${value.street}, ${value.city}`],
    ['Date of issue', value.date],
  ]
  return toPaper('card', rows, ['surname', 'street', 'city', 'date'])
}

const pitch = 60

function toPaper(kind: string, rows: readonly (readonly string[])[], of: readonly Field[]): Paper {
  const items = rows.flatMap((cells, row) =>
    cells.map((text, cell): TextItem => ({
      ...{ text, size: 26 },
      x: 60 + 480 * cell,
      y: 90 + pitch * row,
    })),
  )
  const height = 120 + pitch * rows.length
  return { kind, document: { width: 1100, height, items }, fields: of }
}
