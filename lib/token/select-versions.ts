import { bySpecificity, isWithin, parseClaimName } from './claim-name.ts'

/** A version that a token asks a service for, with the claim that does. */
export interface SelectedVersion {
  readonly version: string
  readonly claim: string
  /** The claim's value, not yet read. */
  readonly value: unknown
}

/**
 * The versions of a service that a token's rights ask for, oldest first: `1.*` is served by the newest minor of that major
 * among `served`, `1.0` by exactly that, `*` by the newest of all; `pinned` says otherwise where a service has promised
 * something else, as `{'1.*': '1.0'}`. Several claims are each served, each version once, with the value of the most specific
 * claim. Claims of other services, or of versions that are not served, select nothing.
 */
export function selectVersions(
  rights: Readonly<Record<string, unknown>>,
  service: string,
  served: readonly string[],
  pinned: Readonly<Record<string, string>> = {},
): readonly SelectedVersion[] {
  const newestFirst = [...served].sort(compareVersions).reverse()
  const selected = new Map<string, SelectedVersion>()
  for (const { claim, asked } of claimsOf(rights, service)) {
    const version = newestFirst.find((candidate) => isWithin(candidate, pinned[asked] ?? asked))
    if (version === undefined || selected.has(version)) continue
    selected.set(version, { version, claim, value: rights[claim] })
  }
  return [...selected.values()].sort((a, b) => compareVersions(a.version, b.version))
}

function claimsOf(rights: Readonly<Record<string, unknown>>, service: string) {
  return Object.keys(rights)
    .flatMap((claim) => {
      const name = parseClaimName(claim)
      return name?.service === service ? [{ claim, asked: name.version }] : []
    })
    .sort((a, b) => bySpecificity(a.asked, b.asked))
}

function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}
