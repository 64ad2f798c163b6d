/** What a claim's name says: `faceextract-1.*` is service `faceextract`, version `1.*`. */
export interface ClaimName {
  readonly service: string
  /** `*`, `1.*`, `1.0`, or `1` of a service whose protocol has no minor versions. */
  readonly version: string
}

const claimFormat = /^([a-z][a-z0-9]{0,31})-(\*|\d{1,4}(?:\.(?:\*|\d{1,4}))?)$/

/** Reads a claim's name; `undefined` where it is not of the form of one. */
export function parseClaimName(name: string): ClaimName | undefined {
  const [, service, version] = claimFormat.exec(name) ?? []
  return service === undefined || version === undefined ? undefined : { service, version }
}

/** True where `wanted` is the same versions as `granted` or fewer: `1.0` or `1.*` under `1.*`, anything under `*`. */
export function isWithin(wanted: string, granted: string): boolean {
  if (granted === '*') return true
  if (!granted.endsWith('.*')) return wanted === granted
  const majorPrefix = granted.slice(0, -1)
  return wanted.startsWith(majorPrefix)
}

/** Orders versions from the most to the least specific: `1.0`, `1.*`, `*`. */
export function bySpecificity(a: string, b: string): number {
  return breadth(a) - breadth(b)
}

function breadth(version: string): number {
  if (version === '*') return 2
  return version.endsWith('.*') ? 1 : 0
}
