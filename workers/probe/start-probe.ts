import { randomUUID } from 'node:crypto'
import { expectedTerminals } from '../../lib/token/expected-terminals.ts'
import { createTokenSource } from './create-token-source.ts'
import { probeClaims } from './probe-claims.ts'
import { probeTransaction, type ProbeOutcome } from './probe-transaction.ts'
import { startReceiver, type ReceivedWebhook } from './start-receiver.ts'
import { verifyWebhook } from './verify-webhook.ts'

/** Who the probe is to the system. */
export interface ProbeIdentity {
  readonly clientId: string
  readonly clientSecret: string
  /** `whsec_…` */
  readonly webhookSecret: string
}

/** What a probe needs. */
export interface ProbeOptions {
  readonly gatewayUrl: string
  /** Of the receiver on 127.0.0.1; 0 for a free one. */
  readonly port: number
  /** Images of each transaction. */
  readonly images: number
  /** A transaction that has not come back by then has failed. */
  readonly timeoutMs: number
  /** Says who it is, once the address of its endpoint is known. */
  identify(webhookUrl: string): Promise<ProbeIdentity>
  /** Called for each answer to a POST, 0 where there was none. */
  onAnswer?(status: number): void
  onOutcome?(outcome: ProbeOutcome): void
}

/** A probe that is ready. */
export interface Probe {
  /** One transaction, there and back. Never rejects. */
  transaction(stopping: AbortSignal): Promise<ProbeOutcome>
  close(): Promise<void>
}

/** Starts the receiver of a probe and lets it identify itself. Rejects with what `identify` rejects with. */
export async function startProbe(options: ProbeOptions): Promise<Probe> {
  const { gatewayUrl, images, timeoutMs } = options
  const takers = new Map<string, (webhook: ReceivedWebhook) => void>()
  const known: { identity?: ProbeIdentity } = {}
  const receiver = await startReceiver({
    port: options.port,
    keeps: false,
    verify: (body, headers) =>
      verifyWebhook(known.identity?.webhookSecret ?? '', body, headers, Date.now()),
    // What belongs to no transaction under way is of an earlier run: it is welcome, and forgotten.
    onReceived: (webhook) => takers.get(webhook.correlationId)?.(webhook),
  })
  try {
    known.identity = await options.identify(receiver.url)
  } catch (error) {
    await receiver.close()
    throw error
  }
  const dependencies = {
    target: {
      gatewayUrl,
      token: createTokenSource({ baseUrl: gatewayUrl, ...known.identity }, Date.now),
      onAnswer: (status: number) => options.onAnswer?.(status),
    },
    services: expectedTerminals(probeClaims),
    ...{ images, timeoutMs },
    subscribe(transactionId: string, take: (webhook: ReceivedWebhook) => void) {
      takers.set(transactionId, take)
      return () => void takers.delete(transactionId)
    },
    clock: () => performance.now(),
  }
  return {
    async transaction(stopping) {
      const outcome = await probeTransaction(`probe-${randomUUID()}`, dependencies, stopping)
      options.onOutcome?.(outcome)
      return outcome
    },
    close: () => receiver.close(),
  }
}
