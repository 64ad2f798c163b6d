import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { pino } from 'pino'
import { kafkaSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'
import type { RenderedMessage } from '../../lib/envelope/render-message.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import { fetchToken } from '../../lib/token/fetch-token.ts'
import { readCredentials } from '../clients/credentials-file.ts'
import { describeData, describeSummary } from '../demo/describe-webhook.ts'
import type { Setup } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { expectedMessages, isSummaryType } from './expected-messages.ts'
import { postImages } from './post-images.ts'
import { watchTransaction, type TransactionWatch } from './watch-transaction.ts'

/** What `racc send` was told. */
export interface SendOptions {
  readonly name: string
  readonly files: readonly string[]
  readonly transaction?: string
  readonly images?: number
  readonly wait?: boolean
}

/** The first images of a system wait for models to be loaded; a transaction without announcement ends after 30 s. */
const waitTimeoutMs = 300_000

/**
 * Posts files with a token of the named client, and reports each receipt by `say`; with `wait` also every message that the
 * services send of the transaction, until all that the token asks for is there. A transaction of its own is announced with
 * as many images as there are files. Throws `IpsError`.
 */
export async function sendImages(
  setup: Setup,
  options: SendOptions,
  say: (line: string) => void,
): Promise<void> {
  const { clientId, clientSecret } = await readCredentials(setup.home, options.name)
  const baseUrl = `http://127.0.0.1:${setup.ports.gateway}`
  const { token } = await fetchToken({ baseUrl, clientId, clientSecret })
  const transactionId = options.transaction ?? `send-${randomBytes(6).toString('hex')}`
  const images =
    options.images ?? (options.transaction === undefined ? options.files.length : undefined)
  const names = new Map<string, string>()
  const onMessage = (message: RenderedMessage) => describeMessage(message, names).forEach(say)
  const watch = options.wait
    ? await startWatch(setup, { clientId, transactionId, onMessage })
    : undefined
  try {
    say(`transaction ${transactionId}`)
    const receipts = await postImages({
      ...options,
      baseUrl,
      token,
      transactionId,
      ...(images === undefined ? {} : { images }),
      onReceipt: ({ file, imageId, mimeType, width, height, bytes }) => {
        names.set(imageId, path.basename(file))
        say(`${imageId}  ${file}  ${mimeType}  ${width}×${height}  ${bytes} bytes`)
      },
    })
    if (watch === undefined) return
    const rights = await readRights(setup, token)
    const ids = receipts.map(({ imageId }) => imageId)
    await watch.until(ids, expectedMessages(rights), waitTimeoutMs)
  } finally {
    await watch?.stop()
  }
}

function startWatch(
  setup: Setup,
  options: Omit<Parameters<typeof watchTransaction>[0], 'kafka'>,
): Promise<TransactionWatch> {
  const config = readConfig(kafkaSettings, sharedEnvironment(setup))
  const kafka = {
    brokers: config.kafkaBrokers,
    topicPrefix: config.kafkaTopicPrefix,
    clientId: 'racc-send',
    logger: pino({ level: 'silent' }),
  }
  return watchTransaction({ ...options, kafka })
}

/** What the token asks for: only this system's own keys can open it. */
async function readRights(setup: Setup, token: string): Promise<Readonly<Record<string, unknown>>> {
  const config = readConfig(tokenSettings, sharedEnvironment(setup))
  const verifier = createTokenVerifier({
    keysDirectory: config.ipsKeysDirectory,
    issuer: config.tokenIssuer,
    cacheSize: 1,
  })
  return (await verifier.verify(token, new Date())).rights
}

function describeMessage(
  { type, imageId, data }: RenderedMessage,
  names: ReadonlyMap<string, string>,
): string[] {
  const members = data as Record<string, unknown>
  if (isSummaryType(type)) return describeSummary({ data: members }, names)
  const file = names.get(imageId ?? '') ?? imageId ?? ''
  return [`${type.padEnd(32)} ${file.padEnd(18)} ${describeData(type, members)}`.trimEnd()]
}
