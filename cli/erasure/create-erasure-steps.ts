import { setTimeout } from 'node:timers/promises'
import { eraseIdentity } from '../../gateway/authentication/erase-identity.ts'
import { eraseGrants } from '../../gateway/authorisation/erase-grants.ts'
import {
  clientKeysFolder,
  createClientKeys,
  isClientErased,
  keyFreshnessMs,
  type SealingService,
} from '../../lib/client-keys/create-client-keys.ts'
import { clientKeyDamaged } from '../../lib/client-keys/key-file.ts'
import { clientKeyMissing } from '../../lib/client-keys/seal-content.ts'
import { temporalSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { createTemporalClient } from '../../lib/temporal/connect-temporal.ts'
import {
  eraseClientRows as eraseFirehoseRows,
  holdsSealed as firehoseHoldsSealed,
} from '../../workers/firehose/journal/erase-client-rows.ts'
import {
  eraseClientRows as erasePushRows,
  holdsSealed as pushHoldsSealed,
} from '../../workers/push/journal/erase-client-rows.ts'
import {
  eraseClientRows as eraseSummaryRows,
  holdsSealed as summaryHoldsSealed,
} from '../../workers/summary/erase-client-rows.ts'
import { removeCredentials } from '../clients/credentials-file.ts'
import { withAdministration } from '../clients/with-administration.ts'
import { withServers } from '../operations/with-servers.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import type { ErasureSteps } from './erase-client.ts'
import { eraseWorkflows } from './erase-workflows.ts'

/** A look at a key that began before it was erased may still be under way. */
const noticeMs = keyFreshnessMs + 1_000

const rowsOf = {
  push: { erase: erasePushRows, holdsSealed: pushHoldsSealed },
  summary: { erase: eraseSummaryRows, holdsSealed: summaryHoldsSealed },
  firehose: { erase: eraseFirehoseRows, holdsSealed: firehoseHoldsSealed },
} as const

/**
 * The steps of an erasure in the set-up that an environment describes. Beside what each says they throw what `withServers` and
 * `withAdministration` throw.
 */
export function createErasureSteps(environment: Environment): ErasureSteps {
  const setup = readSetup(environment)
  const shared = sharedEnvironment(setup)
  const config = readConfig({ ...temporalSettings, ...tokenSettings }, shared)
  const keysOf = (service: SealingService) =>
    createClientKeys(clientKeysFolder(config.ipsKeysDirectory, service))
  return {
    stopRights: (clientId) =>
      withAdministration(shared, async ({ authentication, authorisation }) => {
        const erasedAt = await eraseIdentity(authentication, clientId)
        await eraseGrants(authorisation, clientId)
        await removeCredentials(setup.home, clientId)
        return erasedAt
      }),
    async checkKeys(service, clientId) {
      const missing = await missingKey(keysOf(service).existingKey(clientId))
      if (missing === undefined) return
      const holds = await onJournalOf(environment, service, false, (pool) =>
        rowsOf[service].holdsSealed(pool, clientId),
      )
      if (!holds) return
      throw new IpsError(
        clientKeyMissing,
        `the journal of ${service} holds what ${clientId}’s key opens, and the key is not in ${config.ipsKeysDirectory}: run this where the keys are, or restore them there, so that the right ones are erased`,
        { cause: missing },
      )
    },
    eraseKey: (service, clientId) => keysOf(service).erase(clientId),
    untilNoticed: () => setTimeout(noticeMs),
    eraseRows: (service, clientId) =>
      onJournalOf(environment, service, 0, (pool) => rowsOf[service].erase(pool, clientId)),
    async eraseWorkflows(clientId) {
      const client = createTemporalClient({
        address: config.temporalAddress,
        namespace: config.temporalNamespace,
      })
      try {
        return await eraseWorkflows(client, clientId)
      } finally {
        await client.connection.close()
      }
    },
  }
}

/** Why there is no key; `undefined` where there is one, damaged or not, or a tombstone. */
async function missingKey(look: Promise<unknown>): Promise<IpsError | undefined> {
  try {
    await look
    return undefined
  } catch (error) {
    if (isClientErased(error)) return undefined
    if (!(error instanceof IpsError)) throw error
    if (error.code === clientKeyMissing) return error
    if (error.code === clientKeyDamaged) return undefined
    throw error
  }
}

/** Works on the journal of a service; `none` where the service never ran, and has none. */
async function onJournalOf<T>(
  environment: Environment,
  service: SealingService,
  none: T,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  try {
    return await withServers(environment, service, ({ pool }) => work(pool))
  } catch (error) {
    if (error instanceof IpsError && error.code === `${service}-never-started`) return none
    throw error
  }
}
