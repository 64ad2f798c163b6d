import { defineQuery, defineSignal } from '@temporalio/workflow'
import type { Progress } from './progress.ts'

/** The journal of the transaction grew: a snapshot, in any order and any number of times. */
export const progressedSignal = defineSignal<[Progress]>('progressed')

/** Publish a summary now, of whatever is there. */
export const completeNowSignal = defineSignal('completeNow')

/** Move the end of the window and of the idle gap to later. */
export const extendSignal = defineSignal<[ExtendRequest]>('extend')

/** What an operator asks a transaction. */
export const transactionStatusQuery = defineQuery<TransactionStatus>('status')

/** How far an end is moved: this many seconds after the present one, or to a time (RFC 3339); never both. */
export type ExtendRequest = { readonly seconds: number } | { readonly until: string }

/** As the search attribute `deliveryState` shows it. */
export type ShownState = 'incomplete' | 'complete' | 'partial' | 'failed'

/** A transaction as its workflow sees it; times are RFC 3339. */
export interface TransactionStatus {
  readonly state: ShownState
  /** The last revision; 0 before the first. */
  readonly revision: number
  readonly images: number
  readonly completeImages: number
  /** 0 where no count was announced. */
  readonly announced: number
  /** Terminal messages that images still lack. */
  readonly missing: number
  readonly missingSample: readonly string[]
  /** When the first image was ingested; absent before the first message. */
  readonly since?: string
  /** When the next revision comes where nothing comes before; absent where it has failed, or nothing is left to say. */
  readonly endsAt?: string
  /** To when an operator has moved the end. */
  readonly extendedTo?: string
  /** What it waits for: sentences. */
  readonly waitsFor: string
  readonly failure?: TransactionFailureStatus
  /** What the last request that was not met had against it. */
  readonly objection?: string
}

/** Why a revision could not be published. */
export interface TransactionFailureStatus {
  readonly code: string
  readonly message: string
  readonly tries: number
  readonly since: string
  readonly nextTryAt: string
}
