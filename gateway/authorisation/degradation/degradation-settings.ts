import { integer, setting, type Config } from '../../../lib/config/settings.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'

/** How authorisation goes on while the grants cannot be read. */
export const degradationSettings = {
  authorisationDegradedTtlSeconds: setting(
    integer(2, 3_600).default(300),
    'How long tokens live that are issued while the grants cannot be read, less up to half at random',
  ),
  authorisationDegradedMaxSeconds: setting(
    integer(0, 604_800).default(14_400),
    'Such tokens end at most so long after their client’s grants were last read, and requests are answered 503 from then on; with 0 there are none',
  ),
  authorisationGrantsRefreshSeconds: setting(
    integer(1, 3_600).default(30),
    'Grants of known clients are read again so often: at the beginning of an outage, what is known is no older',
  ),
  authorisationKnownClients: setting(
    integer(1, 1_000_000).default(10_000),
    'Clients whose grants are kept in memory at most; about 2 KiB each',
  ),
} as const

/** Throws `IpsError('config-invalid')` for settings with which degraded tokens would hardly ever be issued. */
export function checkDegradation(config: Config<typeof degradationSettings>): void {
  const maxSeconds = config.authorisationDegradedMaxSeconds
  const least =
    2 * config.authorisationDegradedTtlSeconds + config.authorisationGrantsRefreshSeconds
  if (maxSeconds === 0 || maxSeconds >= least) return
  throw new IpsError(
    'config-invalid',
    'AUTHORISATION_DEGRADED_MAX_SECONDS: must be 0, or at least twice AUTHORISATION_DEGRADED_TTL_SECONDS and AUTHORISATION_GRANTS_REFRESH_SECONDS',
  )
}
