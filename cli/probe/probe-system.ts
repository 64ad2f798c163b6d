import { grantClaims } from '../../gateway/authorisation/grants.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { probeClaims } from '../../workers/probe/probe-claims.ts'
import { runProbe, type ProbePlan, type ProbeReport } from '../../workers/probe/run-probe.ts'
import { startProbe, type ProbeIdentity } from '../../workers/probe/start-probe.ts'
import { createClient } from '../clients/create-client.ts'
import { readCredentials, writeCredentials } from '../clients/credentials-file.ts'
import { withAdministration } from '../clients/with-administration.ts'
import type { Setup } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { note } from '../terminal.ts'

/** The client that `racc probe` is. */
const clientName = 'probe'

/**
 * Probes the running system of a set-up from outside, as the client `probe`, which it creates on first use. An interrupt
 * ends it early, with the report of what was done until then.
 */
export async function probeSystem(
  setup: Setup,
  { images, timeoutMs, ...plan }: ProbePlan & { images: number; timeoutMs: number },
): Promise<ProbeReport> {
  const probe = await startProbe({
    gatewayUrl: `http://127.0.0.1:${setup.ports.gateway}`,
    port: 0,
    ...{ images, timeoutMs },
    identify: (webhookUrl) => identify(setup, webhookUrl),
    onOutcome({ transactionId, failure, durationMs }) {
      const end = failure === undefined ? 'came back' : `${failure.code}: ${failure.detail}`
      note(`${transactionId} ${end} (${Math.round(durationMs)} ms)`)
    },
  })
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    return await runProbe(plan, () => probe.transaction(stopping.signal), stopping.signal)
  } finally {
    await probe.close()
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** Creates the client, or gives the one that there is this endpoint. */
function identify(setup: Setup, webhookUrl: string): Promise<ProbeIdentity> {
  const environment = sharedEnvironment(setup)
  return withAdministration(environment, async (administration) => {
    const known = await readCredentials(setup.home, clientName).catch((error: unknown) => {
      if (error instanceof IpsError && error.code === 'credentials-missing') return undefined
      throw error
    })
    if (known?.webhookSecret === undefined) {
      const client = { name: clientName, webhook: webhookUrl, claims: probeClaims }
      const created = await createClient(administration, client)
      await writeCredentials(setup.home, created)
      return created
    }
    const { clientId, clientSecret, webhookSecret } = known
    await grantClaims(administration.authorisation, administration.box, {
      clientId,
      claims: { ...probeClaims, 'push-1': webhookUrl },
    })
    return { clientId, clientSecret, webhookSecret }
  })
}
