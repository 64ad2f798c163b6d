import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { randomBytes, randomUUID } from 'node:crypto'
import { pino } from 'pino'
import type { TransactionRecord } from '../../../activities/summary/transaction-record.ts'
import type { ClientKey } from '../../../lib/client-keys/seal-content.ts'
import { createPool, type Pool } from '../../../lib/postgres/create-pool.ts'
import { findSurplusImages } from '../../../workers/summary/find-surplus-images.ts'
import { groupEntries } from '../../../workers/summary/group-entries.ts'
import { createJournal, type Journal } from '../../../workers/summary/journal.ts'
import type { JournalEntry } from '../../../workers/summary/read-record.ts'
import { createRevisionStore } from '../../../workers/summary/revision-store.ts'
import { createTestClientKeys, type TestClientKeys } from '../../support/client-keys.ts'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'

let databases: TestDatabases
let pool: Pool
let journal: Journal
let keys: TestClientKeys
let clientKey: ClientKey

beforeAll(async () => {
  databases = createTestDatabases()
  pool = await databases.createDatabase('ips_summary', 'workers/summary/schema')
  journal = createJournal(pool)
  keys = await createTestClientKeys()
  clientKey = await keys.keyFor('client')
})

afterAll(() => Promise.all([databases.drop(), keys.remove()]))

const services = ['faceextract/1.1', 'ocr/1.0']

/** The terminal messages and texts of some images, with tokens and times that differ. */
const entriesOfTransaction = fc
  .array(
    fc.record({
      image: fc.integer({ min: 0, max: 3 }),
      service: fc.constantFrom(...services),
      kind: fc.constantFrom('terminal' as const, 'text' as const),
      announced: fc.integer({ min: 0, max: 5 }),
      second: fc.integer({ min: 0, max: 3 }),
      token: fc.constantFrom('token.a', 'token.B', 'token.ä'),
      windowSeconds: fc.integer({ min: 1, max: 100 }),
      idleSeconds: fc.integer({ min: 1, max: 100 }),
      identityThreshold: fc.constantFrom(0.3, 0.42, 0.6),
      versions: fc.constantFrom(['1.0'], ['1.1'], ['1.0', '1.1']),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drafts) =>
    drafts.map((draft): Omit<JournalEntry, 'correlationId'> => {
      const [service = '', version = ''] = draft.service.split('/')
      return {
        clientId: 'client',
        messageId: `${draft.image} ${draft.service} ${draft.kind}`,
        imageId: `image ${draft.image}`,
        ...{ service, version },
        content:
          draft.kind === 'text'
            ? { kind: 'text', text: `text of ${draft.image}` }
            : { kind: 'terminal', results: 1 },
        announced: draft.announced,
        rights: {
          clientId: 'client',
          windowSeconds: draft.windowSeconds,
          idleSeconds: draft.idleSeconds,
          identityThreshold: draft.identityThreshold,
          versions: draft.versions,
          expected: services,
          key: clientKey,
        },
        token: draft.token,
        ingestedAt: new Date(Date.UTC(2026, 10, 24, 6, 0, draft.second)),
        traceparent: draft.token,
        synthetic: draft.second === 3,
        templates:
          draft.kind === 'terminal'
            ? [0, 1].map((index) => ({ index, maker: 'm', vector: Buffer.of(draft.image, index) }))
            : [],
      }
    }),
  )

/** Appends entries in batches of these sizes, as a transaction of its own. */
async function append(entries: readonly Omit<JournalEntry, 'correlationId'>[], sizes: number[]) {
  const key = { clientId: 'client', correlationId: randomUUID() }
  const rest = entries.map((entry) => ({ ...entry, ...key }))
  for (const size of [...sizes, rest.length]) {
    await journal.append(groupEntries(rest.splice(0, size)))
  }
  const [transaction] = await journal.readProgress([key])
  const kept: TransactionRecord[] = []
  await createRevisionStore(pool, keys).decideRevision(key, 1, (record) => {
    kept.push(record)
    return Promise.resolve({
      outcome: 'partial',
      records: [{ version: '1.0', value: Buffer.from('1') }],
    })
  })
  return { key, progress: transaction?.progress, record: sorted(kept[0]) }
}

/** A record in an order of its own: its lists have none. */
function sorted(record: TransactionRecord | undefined) {
  const text = (value: unknown) => JSON.stringify(value)
  const images = record?.images.map(({ expected, answered, ...image }) => ({
    ...image,
    expected: expected.toSorted(),
    answered: answered.toSorted(),
  }))
  return {
    ...record,
    images: images?.sort((a, b) => (text(a) < text(b) ? -1 : 1)),
    messages: record?.messages.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)),
    templates: record?.templates.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)),
  }
}

const entry = (members: Partial<JournalEntry>): JournalEntry => ({
  clientId: 'client',
  correlationId: 'case',
  messageId: randomUUID(),
  imageId: 'image',
  service: 'ocr',
  version: '1.0',
  content: { kind: 'terminal', results: 0 },
  announced: 0,
  rights: {
    clientId: 'client',
    windowSeconds: 60,
    idleSeconds: 30,
    identityThreshold: 0.42,
    versions: ['1.0'],
    expected: services,
    key: clientKey,
  },
  token: 'token',
  ingestedAt: new Date(),
  traceparent: '',
  synthetic: false,
  templates: [],
  ...members,
})

describe('the journal of transactions', () => {
  test('holds the same whatever the order, the copies and the batches were', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
    const runs = entriesOfTransaction.chain((entries) =>
      fc.record({
        entries: fc.constant(entries),
        other: fc.array(fc.constantFrom(...entries), { maxLength: 5 }).chain((copies) =>
          fc.shuffledSubarray([...entries, ...copies], {
            minLength: entries.length + copies.length,
          }),
        ),
        cuts: sizes,
        otherCuts: sizes,
      }),
    )
    await fc.assert(
      fc.asyncProperty(runs, async ({ entries, other, cuts, otherCuts }) => {
        const first = await append(entries, cuts)
        const second = await append(other, otherCuts)
        expect(second.progress).toEqual(first.progress)
        expect(second.record).toEqual(first.record)
      }),
      { numRuns: 40 },
    )
  })

  test('says what is missing and how much is complete', async () => {
    const correlationId = randomUUID()
    await journal.append(
      groupEntries([
        entry({ correlationId, imageId: 'a', announced: 4 }),
        entry({ correlationId, imageId: 'b' }),
        entry({ correlationId, imageId: 'b', service: 'faceextract', version: '1.1' }),
      ]),
    )
    const [transaction] = await journal.readProgress([{ clientId: 'client', correlationId }])
    expect(transaction?.progress).toMatchObject({
      messages: 3,
      images: 2,
      completeImages: 1,
      announced: 4,
      missing: 1,
      missingSample: ['faceextract 1.1 of a'],
      revision: 0,
      decidedMessages: 0,
    })
  })

  test('decides a revision once for ever', async () => {
    const key = { clientId: 'client', correlationId: randomUUID() }
    const revisions = createRevisionStore(pool, keys)
    await journal.append(groupEntries([entry(key)]))
    const decide = (value: string) =>
      revisions.decideRevision(key, 1, () =>
        Promise.resolve({
          outcome: 'partial',
          records: [{ version: '1.0', value: Buffer.from(value) }],
        }),
      )
    const first = await decide('first')
    await journal.append(groupEntries([entry(key)]))
    const second = await decide('second')
    expect(first).toMatchObject({ revision: 1, messages: 1 })
    expect(first).not.toHaveProperty('isRepeated')
    expect(second).toMatchObject({
      ...{ revision: 1, messages: 1, isRepeated: true },
      records: [{ value: Buffer.from('first') }],
    })
    const [transaction] = await journal.readProgress([key])
    expect(transaction?.progress).toMatchObject({ messages: 2, revision: 1, decidedMessages: 1 })
  })

  test('keeps all versions of a revision, or none, and gives back the same bytes', async () => {
    const key = { clientId: 'client', correlationId: randomUUID() }
    const revisions = createRevisionStore(pool, keys)
    await journal.append(groupEntries([entry(key)]))
    const records = ['1.0', '1.1'].map((version) => ({ version, value: randomBytes(20) }))
    const decide = (of: typeof records) =>
      revisions.decideRevision(key, 1, () => Promise.resolve({ outcome: 'complete', records: of }))
    const twice = [...records, ...records]
    await expect(decide(twice)).rejects.toMatchObject({ code: 'journal-refused' })
    expect(await decide(records)).toMatchObject({ records })
    expect(await decide([])).toMatchObject({ revision: 1, messages: 1, records })
  })

  test('has nothing to decide of a transaction that is not there', async () => {
    const key = { clientId: 'client', correlationId: randomUUID() }
    const decided = await createRevisionStore(pool, keys).decideRevision(key, 1, () => {
      throw new Error('never called')
    })
    expect(decided).toBeNull()
  })

  test('forgets a transaction after the time for late results, yet not its revisions’ numbers', async () => {
    const [old, young] = [randomUUID(), randomUUID()]
    const key = { clientId: 'client', correlationId: old }
    const templates = [{ index: 0, maker: 'm', vector: Buffer.of(1, 2, 3) }]
    await journal.append(
      groupEntries([
        entry({ correlationId: old, templates }),
        entry({ correlationId: young, templates }),
      ]),
    )
    const revisions = createRevisionStore(pool, keys)
    await revisions.decideRevision(key, 1, () =>
      Promise.resolve({ outcome: 'partial', records: [{ version: '1.0', value: Buffer.of(1) }] }),
    )
    const countTemplates = async () => {
      const { rows } = await pool.query<{ templates: number }>(
        `SELECT count(*)::integer AS templates FROM face_templates WHERE correlation_id = ANY ($1)`,
        [[old, young]],
      )
      return rows[0]?.templates
    }
    expect(await countTemplates()).toBe(2)
    await pool.query(
      `UPDATE transactions SET changed_at = now() - interval '7 days 1 hour' WHERE correlation_id = $1`,
      [old],
    )
    expect(await journal.removeExpired()).toBe(1)
    expect(await countTemplates()).toBe(1)
    const both = [old, young].map((correlationId) => ({ clientId: 'client', correlationId }))
    expect(await journal.readProgress(both)).toMatchObject([{ correlationId: young }])
    await journal.append(groupEntries([entry({ correlationId: old })]))
    const [again] = await journal.readProgress([key])
    expect(again?.progress).toMatchObject({ messages: 1, revision: 1, decidedMessages: 0 })
  })

  test('names the images that are too many for a transaction, and never those that it has', async () => {
    const [full, other] = [randomUUID(), randomUUID()]
    const images = (correlationId: string, ...ids: string[]) =>
      ids.map((imageId) => ({ clientId: 'client', correlationId, imageId }))
    await journal.append(
      groupEntries(images(full, 'b', 'c').map((members) => entry({ ...members }))),
    )
    const wanted = [...images(full, 'a', 'b', 'd', 'd', 'e'), ...images(other, 'a', 'b', 'c')]
    const surplus = await findSurplusImages(pool, wanted, 3)
    expect(new Set(surplus.map((image) => JSON.stringify(image)))).toEqual(
      new Set(images(full, 'd', 'e').map((image) => JSON.stringify(image))),
    )
    expect(surplus).toHaveLength(2)
    expect(await journal.findSurplus(wanted)).toEqual([])
  })

  test('reports a database that is away as retryable', async () => {
    const away = createPool({
      url: 'postgres://127.0.0.1:1',
      database: 'none',
      size: 1,
      logger: pino({ level: 'silent' }),
    })
    await expect(createJournal(away).append(groupEntries([entry({})]))).rejects.toMatchObject({
      code: 'journal-unavailable',
      retryable: true,
    })
    await away.end()
  })
})
