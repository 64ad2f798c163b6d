import { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker'
import { searchAttributes } from '../../lib/topology.ts'

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's protocol. */
const keywordType = 2

/**
 * Starts the time-skipping test server that `TEMPORAL_TEST_SERVER` names, with the system's search attributes: workflows
 * wait for days in no time. Tear it down at the end of the test file.
 */
export async function createTimeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const executable = process.env['TEMPORAL_TEST_SERVER']
  if (executable === undefined) throw new Error('TEMPORAL_TEST_SERVER is not set')
  installQuietRuntime()
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: executable } },
  })
  await environment.connection.operatorService.addSearchAttributes({
    namespace: environment.namespace ?? 'default',
    searchAttributes: Object.fromEntries(searchAttributes.map((name) => [name, keywordType])),
  })
  return environment
}

/** Lets the SDK report errors only: the test server is older than it likes. Once per test file. */
export function installQuietRuntime(): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) },
    },
  })
}
