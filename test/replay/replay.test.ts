import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { historiesDirectory, readHistory } from '../support/record-history.ts'
import { installQuietRuntime } from '../support/temporal.ts'

const files = readdirSync(historiesDirectory).filter((file) => file.endsWith('.json'))

let workflowBundle: WorkflowBundleWithSourceMap

beforeAll(async () => {
  installQuietRuntime()
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: path.resolve('workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
  })
})

// A replay hooks into every promise of the process, and leaves that to the test files that follow in it.
afterAll(() => globalHandlers.uninstall())

describe('the workflows of this code', () => {
  test.each(files)('go on with the recorded history %s', async (file) => {
    const history = await readHistory(file)
    await expect(Worker.runReplayHistory({ workflowBundle }, history)).resolves.toBeUndefined()
  })
})
