import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** What a reader is asked for: a stream for each token, each to this offset. */
export interface ReadRequest {
  readonly url: string
  readonly tokens: readonly string[]
  readonly until: number
  readonly filters?: { readonly types: readonly string[] }
  /** `bytes`: they are counted; `messages`: the reference client takes them apart, and their order is checked. */
  readonly mode: 'bytes' | 'messages'
}

/** What it took, from the first request to the last byte. */
export interface ReadResult {
  readonly ms: number
  /** 0 with `bytes`. */
  readonly messages: number
  /** 0 with `messages`. */
  readonly bytes: number
}

/** Much longer than a million messages take on a slow machine. */
const timeoutMs = 600_000

/** Reads streams in a process of its own. */
export async function readStreams(asked: ReadRequest): Promise<ReadResult> {
  const child = fork(path.join(import.meta.dirname, 'stream-reader.ts'))
  const exited = once(child, 'exit')
  try {
    child.send(asked)
    const failed = exited.then(([code]) =>
      Promise.reject(new Error(`the reader ended with ${String(code)}`)),
    )
    failed.catch(() => undefined)
    const signal = AbortSignal.timeout(timeoutMs)
    const answered = once(child, 'message', { signal }) as Promise<[ReadResult]>
    const [result] = await Promise.race([answered, failed])
    return result
  } finally {
    child.kill()
    // Its CPU time is counted when it has ended.
    await exited
  }
}
