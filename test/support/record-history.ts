import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { temporal } from '@temporalio/proto'

const { History } = temporal.api.history.v1

/** Where histories lie that must stay replayable. */
export const historiesDirectory = path.resolve('test/replay/histories')

/** Which process it was, and where its code lay. */
const ofOneMachine: ReadonlySet<string> = new Set(['identity', 'stackTrace'])

/**
 * Keeps a run's history as `NAME.json` for the replay tests, where `RECORD_HISTORIES` is `true`: for a new workflow, or a
 * change that `patched()` guards. A released history is never recorded over.
 */
export async function recordHistory(handle: WorkflowHandle, name: string): Promise<void> {
  if (process.env['RECORD_HISTORIES'] !== 'true') return
  const plain = History.toObject(History.fromObject(await handle.fetchHistory()), {
    longs: String,
    enums: String,
    bytes: String,
  })
  const text = JSON.stringify(plain, (key, value: unknown) =>
    ofOneMachine.has(key) ? 'recorded' : value,
  )
  await writeFile(path.join(historiesDirectory, `${name}.json`), `${text}\n`, { flag: 'wx' })
}

/** Reads a recorded history. */
export async function readHistory(file: string) {
  const text = await readFile(path.join(historiesDirectory, file), 'utf8')
  return History.fromObject(JSON.parse(text) as Record<string, unknown>)
}
