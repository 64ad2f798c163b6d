import path from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import {
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'
import { createTimeSkippingEnvironment, installQuietRuntime } from './temporal.ts'

/** What tests of workflows need: a server, and the code of all workflows. */
export interface WorkflowTests {
  readonly environment: TestWorkflowEnvironment
  readonly workflowBundle: WorkflowBundleWithSourceMap
}

/** Starts a server that skips time, and bundles the workflows. Tear the environment down at the end of the test file. */
export async function createWorkflowTests(): Promise<WorkflowTests> {
  const environment = await createTimeSkippingEnvironment()
  return { environment, workflowBundle: await bundleWorkflows() }
}

/**
 * Connects to the server of `TEMPORAL_ADDRESS`, where time passes, and bundles the workflows: for workflows that continue as
 * new while signals come. The server that skips time loses its hold on such a run now and then. Tear the environment down
 * at the end of the test file.
 */
export async function createServerWorkflowTests(): Promise<WorkflowTests> {
  installQuietRuntime()
  const address = process.env['TEMPORAL_ADDRESS'] ?? ''
  const environment = await TestWorkflowEnvironment.createFromExistingServer({ address })
  return { environment, workflowBundle: await bundleWorkflows() }
}

function bundleWorkflows(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: path.resolve('workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
  })
}
