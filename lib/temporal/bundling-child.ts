import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

/** Prints the bundle of the workflows in the file or folder that is named: see `bundleWorkflows`. */
const [workflowsPath = ''] = process.argv.slice(2)
const logger = new DefaultLogger('WARN', ({ message }) => process.stderr.write(`${message}\n`))
const { code } = await bundleWorkflowCode({ workflowsPath, logger })
process.stdout.write(code)
