import { setTimeout } from 'node:timers/promises'
import type { OutgoingRecord } from '../lib/kafka/create-producer.ts'
import { machineMs } from './machine-clock.ts'

/** About a MiB of messages of 1 KiB: the cost of a request is little beside that of its records. */
const recordsPerSend = 500
/** At a high rate the messages of this time go together: a send costs the bench and the broker half a ms. */
const tickMs = 4
/** Sends under way at once, at a steady rate: beyond it the broker is what is measured. */
const maxSends = 64

/** A message that was not written yet. */
export interface Message {
  readonly id: string
  readonly record: OutgoingRecord
}

/** When each message was written: just before the call that publishes it. In ms of `machineMs`. */
export type WrittenAt = ReadonlyMap<string, number>

/** Writes messages to Kafka. */
export type Send = (messages: readonly Message[]) => Promise<void>

/** Writes as fast as the broker takes it. */
export async function publishAll(send: Send, messages: readonly Message[]): Promise<WrittenAt> {
  const writtenAt = new Map<string, number>()
  for (let start = 0; start < messages.length; start += recordsPerSend) {
    await publish(send, messages.slice(start, start + recordsPerSend), writtenAt)
  }
  return writtenAt
}

/** Writes so many messages a second, those of a few ms together. */
export async function publishSteadily(
  send: Send,
  messages: readonly Message[],
  perSecond: number,
): Promise<WrittenAt> {
  const writtenAt = new Map<string, number>()
  const running = new Set<Promise<void>>()
  const startedAt = machineMs()
  for (let sent = 0; sent < messages.length;) {
    const due = Math.floor(((machineMs() - startedAt) * perSecond) / 1_000) + 1
    if (due > sent) {
      const written = publish(send, messages.slice(sent, due), writtenAt)
      running.add(written)
      void written.finally(() => running.delete(written)).catch(() => undefined)
      sent = due
    }
    if (running.size >= maxSends) await Promise.race(running)
    await setTimeout(Math.max(tickMs, startedAt + (sent * 1_000) / perSecond - machineMs()))
  }
  await Promise.all(running)
  return writtenAt
}

async function publish(
  send: Send,
  messages: readonly Message[],
  writtenAt: Map<string, number>,
): Promise<void> {
  const now = machineMs()
  for (const { id } of messages) writtenAt.set(id, now)
  await send(messages)
}
