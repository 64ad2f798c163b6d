import { fetchToken, type FetchTokenOptions } from '../../lib/token/fetch-token.ts'

/** A token is renewed this long before it expires. */
const renewalMs = 60_000

/** Gives an authorisation token that is valid for a while yet; concurrent calls share one renewal. Throws as `fetchToken`. */
export function createTokenSource(
  options: FetchTokenOptions,
  clock: () => number,
): () => Promise<string> {
  let current: Promise<{ token: string; renewAtMs: number }> | undefined
  const fetchNew = async () => {
    const { token, expiresInSeconds } = await fetchToken(options)
    return { token, renewAtMs: clock() + expiresInSeconds * 1000 - renewalMs }
  }
  return async () => {
    current ??= fetchNew()
    const held = current
    try {
      const { token, renewAtMs } = await held
      if (clock() >= renewAtMs && current === held) current = undefined
      return token
    } catch (error) {
      if (current === held) current = undefined
      throw error
    }
  }
}
