import type { Parcel, SendableMessage } from './parcel.ts'

/** Makes parcels of the messages of a queue, in their order. */
export interface Packer {
  /** Messages that are in no parcel that was taken, and the characters of their bodies. */
  readonly messages: number
  readonly characters: number
  /** When a parcel will be ready without more messages, in the time of `nowMs`; Infinity where more are needed. */
  readonly readyAtMs: number
  add(message: SendableMessage, nowMs: number): void
  /** Nothing will be added before something is taken: what waits for company goes as it is. */
  seal(): void
  /** The queue has nothing more at the moment. */
  noteEnd(): void
  /** The next parcel, as long as it is not taken. */
  peek(nowMs: number): Parcel | undefined
  take(): void
  /** Puts the messages of a batch in front, each as an array of one. */
  split(parcel: Parcel): void
}
