import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ClientGrants } from '../../../../gateway/authorisation/read-grants.ts'
import {
  covers,
  degradedTtlSeconds,
  DegradationModel,
  maxDegradedMs,
  settle,
  type Issued,
} from '../../../support/degradation-model.ts'
import { randomFrom } from '../../../support/random-from.ts'

/** Claims with values that differ in settings, destinations and rates. */
const values: Readonly<Record<string, readonly unknown[]>> = {
  'ingest-1.*': [true, { imagesPerSecond: 2 }],
  'faceextract-*': [true, { minConfidence: 0.9 }],
  'faceextract-1.*': [true, { maxFaces: 3 }],
  'summary-1.*': [true, { windowSeconds: 60 }],
  'push-1': ['https://a.example/', 'https://b.example/'].map((url) => ({ url, signature: 'v1' })),
  'firehose-1.*': [true, { maxRate: 5 }],
}
const everything = Object.fromEntries(
  Object.entries(values).map(([name, [value]]) => [name, value]),
)
const scopes = [
  undefined,
  undefined,
  'ingest-1.0',
  'faceextract-1.0 push-1',
  'firehose-1.0',
  'firehose-1.*',
]
const clientIds = ['a', 'b', 'c']

type Step = (model: DegradationModel) => void | Promise<void>

/** Mostly one, so that much happens to it. */
const client = fc.constantFrom('a', 'a', 'a', ...clientIds)
const pick = fc.nat(3)
const claim = fc
  .constantFrom(...Object.entries(values))
  .chain(([name, candidates]) => fc.tuple(fc.constant(name), fc.constantFrom(...candidates)))

const grantsOf = (model: DegradationModel, clientId: string): ClientGrants =>
  model.store.get(clientId) ?? {
    suspended: false,
    claims: {},
    webhookSecret: 'secret-0',
    webhookSecretKey: 'key-0',
  }
const change = (clientId: string, by: (grants: ClientGrants) => Partial<ClientGrants>): Step => {
  return (model) => {
    const grants = grantsOf(model, clientId)
    model.store.set(clientId, { ...grants, ...by(grants) })
  }
}

const grant = fc
  .tuple(client, claim)
  .map(([id, [name, value]]) =>
    change(id, ({ claims }) => ({ claims: { ...claims, [name]: value } })),
  )
const revoke = fc.tuple(client, claim).map(([id, [name]]) =>
  change(id, ({ claims }) => ({
    claims: Object.fromEntries(Object.entries(claims).filter(([other]) => other !== name)),
  })),
)
const suspend = fc
  .tuple(client, fc.boolean())
  .map(([id, suspended]) => change(id, () => ({ suspended })))
const rotate = fc
  .tuple(client, fc.nat())
  .map(([id, secret]) => change(id, () => ({ webhookSecret: `secret-${secret}` })))
const erase = client.map(
  (id): Step =>
    (model) =>
      void model.store.delete(id),
)
const outage = fc.boolean().map(
  (away): Step =>
    (model) =>
      void (model.away = away),
)
const pass = fc.oneof(fc.nat(3_000), fc.nat(maxDegradedMs / 2)).map(
  (ms): Step =>
    (model) =>
      void (model.clock = {
        elapsedMs: model.clock.elapsedMs + ms,
        timeMs: model.clock.timeMs + ms,
      }),
)
const setClock = fc.integer({ min: -maxDegradedMs, max: maxDegradedMs }).map(
  (ms): Step =>
    (model) =>
      void (model.clock = { ...model.clock, timeMs: model.clock.timeMs + ms }),
)
const ask = fc
  .record({
    clientId: client,
    scope: fc.constantFrom(...scopes),
    degraded: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  })
  .map(
    (request): Step =>
      (model) =>
        model.ask(request),
  )
/** A request that is answered before anything else happens. */
const exchange = ask.map((begin): Step => async (model) => {
  await begin(model)
  await model.endNewest()
})
/** One whose answer stays on its way. */
const slowAsk = ask.map((begin): Step => async (model) => {
  await begin(model)
  model.seeNewest()
})
const refresh = fc.constant<Step>((model) => model.refresh())
const see = pick.map(
  (index): Step =>
    (model) =>
      model.see(index),
)
const end = pick.map(
  (index): Step =>
    (model) =>
      model.end(index),
)

const history = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: grant },
    { weight: 2, arbitrary: revoke },
    suspend,
    rotate,
    erase,
    { weight: 3, arbitrary: outage },
    { weight: 3, arbitrary: pass },
    setClock,
    ask,
    { weight: 2, arbitrary: slowAsk },
    { weight: 8, arbitrary: exchange },
    { weight: 2, arbitrary: refresh },
    see,
    { weight: 3, arbitrary: end },
  ),
  { maxLength: 80, size: 'max' },
)
const setting = { size: fc.integer({ min: 1, max: 3 }), seed: fc.nat() }

async function play(steps: readonly Step[], { size, seed }: { size: number; seed: number }) {
  const model = new DegradationModel({ size, random: randomFrom(seed) })
  for (const clientId of clientIds)
    model.store.set(clientId, { ...grantsOf(model, clientId), claims: everything })
  for (const step of steps) {
    await step(model)
    await settle()
  }
  await model.endAll()
  return model
}

/** The looks that were recorded for a token's client before it was issued. */
function looksBefore({ observations }: DegradationModel, token: Issued) {
  return observations.filter(
    ({ clientId, ended }) => clientId === token.clientId && ended < token.order,
  )
}

/** The looks that saw the right granted, and began after every look that saw it missing had been recorded. */
function confirmations(model: DegradationModel, token: Issued, name: string, value: unknown) {
  const looks = looksBefore(model, token).map((look) => ({
    ...look,
    holds: look.saw?.suspended === false && covers(look.saw.claims, name, value),
  }))
  const missingUntil = Math.max(0, ...looks.filter(({ holds }) => !holds).map((look) => look.ended))
  return looks.filter(({ holds, begun }) => holds && begun > missingUntil)
}

describe('a degraded token, whatever happened before', () => {
  const seen = { degraded: 0, deliveries: 0, refused: 0 }
  const check = (verify: (model: DegradationModel, token: Issued) => void) =>
    fc.assert(
      fc.asyncProperty(history, fc.record(setting), async (steps, options) => {
        const model = await play(steps, options)
        expect(model.failures).toEqual([])
        seen.refused += model.refusals.filter((error) => error === 'temporarily_unavailable').length
        for (const token of model.issued.filter(({ degraded }) => degraded)) {
          seen.degraded += 1
          if ('push-1' in token.rights) seen.deliveries += 1
          verify(model, token)
        }
      }),
      { numRuns: 400 },
    )

  test('holds no right that the last known good state did not hold', async () => {
    await check((model, token) => {
      expect(Object.keys(token.rights)).not.toHaveLength(0)
      for (const [name, value] of Object.entries(token.rights)) {
        expect(confirmations(model, token, name, value)).not.toHaveLength(0)
      }
    })
    // The histories are such that there is something to see.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20)
  })

  test('ends before the cap on the age of what is known, by either clock', async () => {
    await check((model, token) => {
      for (const [name, value] of Object.entries(token.rights)) {
        const livesForMs = token.expiresAtMs - token.at.timeMs
        const young = confirmations(model, token, name, value).filter(
          ({ begunAt }) =>
            token.at.elapsedMs + livesForMs - begunAt.elapsedMs <= maxDegradedMs &&
            token.expiresAtMs - begunAt.timeMs <= maxDegradedMs,
        )
        expect(young).not.toHaveLength(0)
      }
      expect(token.lifetimeSeconds).toBeLessThanOrEqual(degradedTtlSeconds)
    })
  })

  test('sends nothing to where no full token has sent it before', async () => {
    await check((model, token) => {
      const before = model.issued.filter(
        (other) =>
          other.clientId === token.clientId && !other.degraded && other.order < token.order,
      )
      const sending = Object.entries(token.rights).filter(([name]) =>
        /^(push|firehose)-/.test(name),
      )
      for (const [name, value] of sending) {
        expect(before.some(({ rights }) => covers(rights, name, value))).toBe(true)
      }
    })
  })
})
