import { forgeTokens } from '../../test/support/forged-tokens.ts'
import { createForger } from '../../test/support/forger.ts'
import type { TestKeys } from '../../test/support/tokens.ts'
import { round } from '../statistics.ts'

/** What it costs to refuse. */
export interface Refusals {
  readonly attacks: number
  /** ms, of each attack the quickest of some tries. */
  readonly median: number
  readonly slowest: { readonly attack: string; readonly ms: number }
  /** For comparison: ms to verify a good token that was never seen. */
  readonly good: number
}

/** Tries of each attack: other work of the machine can only make one slower. */
const tries = 20
const giantBytes = 20_000_000

/** Tries every attack of the tests on a verifier, one after the other. */
export async function measureRefusals(keys: TestKeys): Promise<Refusals> {
  const now = new Date()
  const forger = await createForger(keys, now)
  const forged = [
    ...(await forgeTokens(forger)),
    { attack: 'a giant', token: 'a.'.repeat(giantBytes / 2) },
  ]
  const quickest = async (token: string) => {
    const times: number[] = []
    for (let run = 0; run < tries; run += 1) {
      const verifier = keys.createVerifier()
      // Its keys are read first.
      await verifier.verify('', now).catch(() => undefined)
      const at = performance.now()
      await verifier.verify(token, now).catch(() => undefined)
      times.push(performance.now() - at)
    }
    return Math.min(...times)
  }
  const good = await quickest(await forger.encrypt(await forger.sign(forger.claims)))
  const measured: { attack: string; ms: number }[] = []
  for (const { attack, token } of forged) measured.push({ attack, ms: await quickest(token) })
  measured.sort((one, other) => other.ms - one.ms)
  const [slowest = { attack: 'none', ms: 0 }] = measured
  return {
    attacks: measured.length,
    median: round(measured[Math.floor(measured.length / 2)]?.ms ?? 0),
    slowest: { attack: slowest.attack, ms: round(slowest.ms) },
    good: round(good),
  }
}
