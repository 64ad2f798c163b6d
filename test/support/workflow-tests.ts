import path from 'node:path'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import {
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'
import { createTimeSkippingEnvironment } from './temporal.ts'

/** What tests of workflows need: a server that skips time, and the code of all workflows. */
export interface WorkflowTests {
  readonly environment: TestWorkflowEnvironment
  readonly workflowBundle: WorkflowBundleWithSourceMap
}

/** Starts a server that skips time, and bundles the workflows. Tear the environment down at the end of the test file. */
export async function createWorkflowTests(): Promise<WorkflowTests> {
  const environment = await createTimeSkippingEnvironment()
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: path.resolve('workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
  })
  return { environment, workflowBundle }
}
