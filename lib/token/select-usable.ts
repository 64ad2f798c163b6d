import { IpsError } from '../errors/ips-error.ts'
import { selectVersions } from './select-versions.ts'

/** A version that a token asks a service for, with what the claim's value says. */
export interface UsableVersion<Value> {
  readonly version: string
  readonly value: Value
}

/**
 * Like `selectVersions`, with values that `read` has read. Where it throws an `IpsError` the claim is malformed: it is told
 * to `onMalformed` and put aside, as if it were not there, so that a broader one may serve its version.
 */
export function selectUsable<Value>(
  rights: Readonly<Record<string, unknown>>,
  service: string,
  served: readonly string[],
  options: {
    read: (value: unknown) => Value
    pinned?: Readonly<Record<string, string>>
    onMalformed?: (claim: string, error: IpsError) => void
  },
): readonly UsableVersion<Value>[] {
  const usable = { ...rights }
  for (;;) {
    const versions: UsableVersion<Value>[] = []
    const malformed: string[] = []
    for (const { version, claim, value } of selectVersions(
      usable,
      service,
      served,
      options.pinned,
    )) {
      try {
        versions.push({ version, value: options.read(value) })
      } catch (error) {
        if (!(error instanceof IpsError)) throw error
        options.onMalformed?.(claim, error)
        malformed.push(claim)
      }
    }
    if (malformed.length === 0) return versions
    for (const claim of malformed) Reflect.deleteProperty(usable, claim)
  }
}
