import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { fetchToken } from '../../lib/token/fetch-token.ts'
import { startReceiver, type Receiver } from '../../workers/probe/start-receiver.ts'
import { defaultClaims } from '../../gateway/authorisation/default-claims.ts'
import { createClient } from '../clients/create-client.ts'
import { writeCredentials } from '../clients/credentials-file.ts'
import { withAdministration } from '../clients/with-administration.ts'
import { postTimeoutMs } from '../send/post-images.ts'
import { readAddresses } from '../setup/addresses.ts'
import type { Setup } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { describeSummary, describeWebhook } from './describe-webhook.ts'

const photos = ['sample1.jpg', 'sample2.jpg', 'sample3.jpg']
const documents = ['delivery-note.png', 'parcel-label.png']
/** As a new client gets them, and the summary that also says what the documents agree in. */
const claims = { ...defaultClaims, 'summary-1.1': true }
/** The one that says the most. */
const summaryType = 'summary.v1m1.TransactionSummary'
/** The first images wait for the models to be loaded; on a slow machine that takes a while. */
const timeoutMs = 180_000

interface PostedImage {
  readonly file: string
  readonly imageId: string
}

/**
 * Does with a running system what a client does: creates one with an endpoint on this machine, gets a token, posts photos
 * and documents as one transaction, and shows each webhook, verified by an independent library, until the summary is
 * there. Throws `IpsError('demo-failed')` where the summary does not come or is not complete.
 */
export async function runDemo(setup: Setup, say: (line: string) => void): Promise<void> {
  const addresses = readAddresses(setup)
  const name = `demo-${randomBytes(3).toString('hex')}`
  const files = new Map<string, string>()
  const secret = { value: '' }
  const receiver = await startReceiver({
    verify: (body, headers) => new Webhook(secret.value).verify(body, headers),
    onReceived: (webhook) => say(describeWebhook(webhook, files.get(webhook.imageId) ?? '')),
  })
  try {
    const client = await withAdministration(sharedEnvironment(setup, addresses), (administration) =>
      createClient(administration, { name, webhook: receiver.url, claims }),
    )
    await writeCredentials(setup.home, client)
    secret.value = client.webhookSecret
    say(`client ${name}: its webhooks go to ${receiver.url}`)
    const baseUrl = `http://127.0.0.1:${setup.ports.gateway}`
    const { token } = await fetchToken({ baseUrl, ...client })
    say(`token: ${token.length} characters, encrypted; only the services can read it`)
    const posted = [
      ...photos.map((photo) => path.join(setup.cache, 'samples', photo)),
      ...documents.map((document) => path.join(import.meta.dirname, document)),
    ]
    for (const file of posted) {
      const image = await postImage(
        `${baseUrl}/ingest/v1/${name}-case?images=${posted.length}`,
        token,
        file,
      )
      files.set(image.imageId, image.file)
      say(`POST ${image.file.padEnd(18)} 200, image ${image.imageId}`)
    }
    await showOutcome(receiver, files, say)
    if (addresses.temporalUiUrl !== undefined) {
      const url = workflowUrl(addresses.temporalUiUrl, `transaction/${name}/${name}-case`)
      say(`the transaction’s history: ${url}`)
    }
  } finally {
    await receiver.close()
  }
}

async function postImage(url: string, token: string, file: string): Promise<PostedImage> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: await readFile(file),
    signal: AbortSignal.timeout(postTimeoutMs),
  })
  const answer = await response.text()
  const { images } = (response.ok ? JSON.parse(answer) : {}) as { images?: { imageId: string }[] }
  const imageId = images?.[0]?.imageId
  if (imageId === undefined)
    throw new IpsError('demo-failed', `${file}: ${response.status} ${answer}`)
  return { file: path.basename(file), imageId }
}

async function showOutcome(
  receiver: Receiver,
  files: ReadonlyMap<string, string>,
  say: (line: string) => void,
): Promise<void> {
  const isSummary = ({ type }: { type: string }) => type === summaryType
  await receiver
    .waitFor((received) => received.some(isSummary), timeoutMs)
    .catch((cause: unknown) => {
      throw new IpsError(
        'demo-failed',
        'the summary did not come: `./racc status` and `./racc logs` say more',
        { cause },
      )
    })
  const summary = receiver.received.find(isSummary)
  if (summary?.data['state'] !== 'STATE_COMPLETE' || receiver.refused > 0) {
    throw new IpsError('demo-failed', `something is missing: ${summary?.body ?? ''}`)
  }
  for (const line of describeSummary(summary, files)) say(line)
  say(`${receiver.received.length} webhooks, each verified by the npm package standardwebhooks`)
}

function workflowUrl(temporalUiUrl: string, workflowId: string): string {
  return `${temporalUiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`
}
