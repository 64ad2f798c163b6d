import { IpsError } from '../../lib/errors/ips-error.ts'
import { checkClaim, readClaim } from '../../lib/token/read-claim.ts'
import { pushClaim } from '../../lib/token/push-claim.ts'
import type { Rights } from './grants.ts'

/** What a client's own webhook keys are, for push claims that bring none. */
export interface OwnWebhookKeys {
  readonly webhookSecret: string
  readonly webhookSecretKey: string
}

/**
 * The rights as they go into a token: a push claim becomes an object, with the client's own secret (its own private key
 * with `v1a`) where it brings none. A claim that is malformed or that nobody knows authorises nothing: it is left out, and
 * reported with the reason.
 */
export function completeRights(
  rights: Rights,
  own: OwnWebhookKeys,
  report: (claim: string, reason: string) => void,
): Rights {
  const complete: Record<string, unknown> = {}
  for (const [claim, value] of Object.entries(rights)) {
    try {
      checkClaim(claim, value)
      complete[claim] = claim === pushClaim ? completePushClaim(value, own) : value
    } catch (error) {
      if (!(error instanceof IpsError)) throw error
      report(claim, error.message)
    }
  }
  return complete
}

function completePushClaim(value: unknown, own: OwnWebhookKeys): object {
  const claim = readClaim(pushClaim, value)
  const secret = claim.signature === 'v1a' ? own.webhookSecretKey : own.webhookSecret
  return { secret, ...claim }
}
