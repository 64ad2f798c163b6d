import { setTimeout } from 'node:timers/promises'
import { readFirehose } from '../../clients/typescript/read-firehose.ts'
import { latencyOf, type Latency } from '../statistics.ts'
import { withStage } from './with-stage.ts'

/** How soon a message reaches a stream that was idle. */
export interface IdleLatency {
  readonly messages: number
  /** From just before it is appended, durably, to its arrival at the reference client. */
  readonly fromAppendMs: Latency
  /** From the append's return: below 0 where it arrives before. */
  readonly fromCommitMs: Latency
}

const warmUpMessages = 20
/** The stream is idle before each message. */
const pauseMs = 50

/** Appends messages one by one to a stream that has nothing else. */
export function measureLatency(messages: number): Promise<IdleLatency> {
  return withStage(async ({ append, token, url }) => {
    const stopping = new AbortController()
    const { signal } = stopping
    const stream = readFirehose({ url, token: () => token('idle'), signal })
    const fromAppend: number[] = []
    const fromCommit: number[] = []
    for (let number = 1; number <= warmUpMessages + messages; number += 1) {
      const arrival = stream.next().then(() => performance.now())
      await setTimeout(pauseMs)
      const startedAt = performance.now()
      await append('idle', 1, number)
      const committedAt = performance.now()
      const arrivedAt = await arrival
      if (number <= warmUpMessages) continue
      fromAppend.push(arrivedAt - startedAt)
      fromCommit.push(arrivedAt - committedAt)
    }
    stopping.abort()
    return {
      messages,
      fromAppendMs: latencyOf(fromAppend),
      fromCommitMs: latencyOf(fromCommit),
    }
  })
}
