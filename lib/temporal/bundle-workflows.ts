import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

/** Takes 1 to 2 s on an idle core. */
const timeoutMs = 60_000
/** The code of all workflows with their libraries and source map is below 3 MiB. */
const maxBundleBytes = 32 * 1024 * 1024

/**
 * Makes the bundle of the workflows' code in a process of its own: what webpack needs for it, some 200 MiB, would stay with
 * a worker for as long as it lives. Rejects where the code cannot be bundled, and when `signal` is aborted.
 */
export async function bundleWorkflows(
  workflowsPath: string,
  signal: AbortSignal,
): Promise<{ code: string }> {
  const child = path.join(import.meta.dirname, 'bundling-child.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [child, workflowsPath], {
    timeout: timeoutMs,
    maxBuffer: maxBundleBytes,
    signal,
  })
  return { code: stdout }
}
