import { IpsError } from '../../lib/errors/ips-error.ts'
import { generatePicture } from './generate-picture.ts'
import { postPicture, type PostTarget } from './post-picture.ts'
import type { ReceivedWebhook } from './start-receiver.ts'
import { watchTransaction } from './watch-transaction.ts'

/** How a transaction of the probe ended. */
export interface ProbeOutcome {
  readonly transactionId: string
  /** Why it failed; absent where everything came back. */
  readonly failure?: { readonly code: string; readonly detail: string }
  /** Webhooks that came more than once, which is harmless. */
  readonly duplicates: number
  /** From the first POST until everything was there, or was given up. */
  readonly durationMs: number
}

/** What a transaction needs. */
export interface ProbeTransactionDependencies {
  readonly target: PostTarget
  /** `service/version` of the terminal messages of each image. */
  readonly services: readonly string[]
  /** Images of a transaction. */
  readonly images: number
  readonly timeoutMs: number
  /** Hands on the transaction's webhooks; returns how to stop it. */
  readonly subscribe: (
    transactionId: string,
    take: (webhook: ReceivedWebhook) => void,
  ) => () => void
  readonly clock: () => number
}

/**
 * Posts the pictures of one transaction and waits until every image has its terminal messages and a complete summary came.
 * Never rejects: what went wrong is in the outcome.
 */
export async function probeTransaction(
  transactionId: string,
  dependencies: ProbeTransactionDependencies,
  stopping: AbortSignal,
): Promise<ProbeOutcome> {
  const { services, timeoutMs, clock, subscribe } = dependencies
  const startedAt = clock()
  const images = new Set<string>()
  const watch = watchTransaction(images, services)
  const everything = Promise.withResolvers<undefined>()
  let posted = false
  const check = () => {
    if (posted && watch.missing().length === 0) everything.resolve(undefined)
  }
  const unsubscribe = subscribe(transactionId, (webhook) => {
    watch.take(webhook)
    check()
  })
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping])
  const outcomeOf = (failure?: ProbeOutcome['failure']): ProbeOutcome => ({
    transactionId,
    ...(failure === undefined ? {} : { failure }),
    duplicates: watch.duplicates(),
    durationMs: clock() - startedAt,
  })
  try {
    await postPictures(transactionId, images, dependencies, signal)
    posted = true
    check()
    await Promise.race([everything.promise, aborted(signal)])
    return outcomeOf()
  } catch (error) {
    return outcomeOf(failureOf(error, watch.missing(), stopping.aborted))
  } finally {
    unsubscribe()
  }
}

async function postPictures(
  transactionId: string,
  imageIds: Set<string>,
  { target, images }: ProbeTransactionDependencies,
  signal: AbortSignal,
): Promise<void> {
  for (let number = 0; number < images; number += 1) {
    const content = await generatePicture(`${transactionId} ${number}`)
    imageIds.add(await postPicture(target, { transactionId, images, content }, signal))
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new IpsError('webhooks-missing', 'not everything came back in time'))
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return promise
}

function failureOf(error: unknown, missing: readonly string[], stopped: boolean) {
  const code = error instanceof IpsError ? error.code : 'probe-broken'
  if (code === 'webhooks-missing') {
    return { code: stopped ? 'probe-stopped' : code, detail: `missing: ${missing.join(', ')}` }
  }
  return { code, detail: error instanceof Error ? error.message : String(error) }
}
