/**
 * `next`: published, so that everybody knows it before it is used. `active`: signs or encrypts. `retiring`: only verifies or
 * decrypts what is still out there. `retired`: accepted no more.
 */
export type KeyState = 'next' | 'active' | 'retiring' | 'retired'

/** When a key's states begin; times are ms since the epoch. */
export interface KeyTimes {
  readonly kid: string
  /** It is `next` until then. */
  readonly activeFrom: number
  /** An operator has taken it out of use; never while it was the active one. */
  readonly retiredAt?: number
}

/**
 * The state of each key of one purpose at `nowMs`. Nothing moves a key on but time: the newest whose time has come is
 * active, and the one before it retires `retainMs` after that. So every process that reads the same keys knows the same,
 * and where it reads them late it uses one that is still accepted.
 */
export function statesOf(
  keys: readonly KeyTimes[],
  nowMs: number,
  retainMs: number,
): ReadonlyMap<string, KeyState> {
  const used = keys.filter(wasEverToBeUsed).toSorted(byActivation)
  const started = used.filter(({ activeFrom }) => activeFrom <= nowMs)
  const active = started.findLast(({ retiredAt = Infinity }) => retiredAt > nowMs)
  const states = new Map<string, KeyState>(keys.map(({ kid }) => [kid, 'retired']))
  used.forEach(({ kid, activeFrom, retiredAt = Infinity }, index) => {
    const successor = used[index + 1]?.activeFrom ?? Infinity
    if (retiredAt <= nowMs) return
    if (kid === active?.kid) states.set(kid, 'active')
    else if (activeFrom > nowMs) states.set(kid, 'next')
    else if (nowMs < successor + retainMs) states.set(kid, 'retiring')
  })
  return states
}

/** One that was taken back before its time is nobody's successor. */
function wasEverToBeUsed({ activeFrom, retiredAt = Infinity }: KeyTimes): boolean {
  return retiredAt > activeFrom
}

// Two of the same time are in the same order everywhere.
function byActivation(a: KeyTimes, b: KeyTimes): number {
  return a.activeFrom - b.activeFrom || (a.kid < b.kid ? -1 : 1)
}
