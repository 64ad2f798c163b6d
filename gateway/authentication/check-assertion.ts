import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { verifyAssertion, type VerifiedAssertion } from '../../lib/token/verify-assertion.ts'
import type { StoreGuard } from '../create-store-guard.ts'
import type { CredentialsDecision, RefusalReason } from './decision.ts'
import type { DegradedIdentities } from './degraded-identities.ts'
import { findDevice, type DeviceName, type StoredDevice } from './device-keys.ts'
import { useAssertion } from './use-assertion.ts'

/** What an assertion is checked against. */
export interface AssertionRequest {
  readonly audiences: readonly string[]
  readonly at: Date
  /** Called for a good assertion, before its use is noted: what it throws ends the check. */
  readonly beforeUse: () => Promise<void>
}

/**
 * Says whose assertion it is, and that it was not used before. Rejects with a retryable `IpsError` where that cannot be said
 * now.
 */
export type CheckAssertion = (
  jwt: string,
  request: AssertionRequest,
) => Promise<CredentialsDecision>

/** Where devices and their assertions are known. */
export interface DeviceSource {
  /** `undefined` where there is no such client. */
  find(device: DeviceName): Promise<StoredDevice | undefined>
  /** Notes the use of a good assertion; false where it was used before. */
  use(assertion: VerifiedAssertion): Promise<boolean>
}

/** Creates the check on the identities' database and, where it is away, on what is remembered of it, if anything is. */
export function createAssertionCheck({
  pool,
  guard,
  degraded,
}: {
  readonly pool: Pool
  readonly guard: StoreGuard
  readonly degraded: DegradedIdentities | undefined
}): CheckAssertion {
  const stored: DeviceSource = {
    find: (device) => guard.run(() => findDevice(pool, device)),
    use: (assertion) => guard.run(() => useAssertion(pool, assertion)),
  }
  if (degraded === undefined) return (jwt, request) => check(stored, jwt, request)
  const remembering = degraded.remember(stored)
  return async (jwt, request) => {
    try {
      return await check(remembering, jwt, request)
    } catch (error) {
      const decision = await check(degraded.standIn(error), jwt, request)
      return decision.granted ? { ...decision, degraded: true } : decision
    }
  }
}

async function check(
  source: DeviceSource,
  jwt: string,
  request: AssertionRequest,
): Promise<CredentialsDecision> {
  let asked: { readonly kid: string; readonly device: StoredDevice | undefined } | undefined
  const findKey = async (clientId: string, kid: string) => {
    asked = { kid, device: await source.find({ clientId, kid }) }
    return asked.device?.key
  }
  try {
    const assertion = await verifyAssertion(jwt, { ...request, findKey })
    const credential = asked?.kid ?? ''
    if (asked?.device?.suspended === true)
      return { granted: false, reason: 'client-suspended', credential }
    await request.beforeUse()
    return (await source.use(assertion))
      ? { granted: true, clientId: assertion.clientId, credential }
      : { granted: false, reason: 'assertion-replayed', credential }
  } catch (error) {
    if (!(error instanceof IpsError) || error.retryable) throw error
    const isKnown = asked?.device?.key !== undefined
    return {
      granted: false,
      reason: reasonOf(error, asked),
      ...(isKnown ? { credential: asked?.kid ?? '' } : {}),
    }
  }
}

function reasonOf(
  error: IpsError,
  asked: { readonly device: StoredDevice | undefined } | undefined,
): RefusalReason {
  if (asked !== undefined && asked.device === undefined) return 'client-unknown'
  if (asked !== undefined && asked.device?.key === undefined) return 'key-unknown'
  return error.code === 'token-expired' ? 'assertion-expired' : 'assertion-invalid'
}
