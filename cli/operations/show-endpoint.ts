import { limitConcurrency } from '../../lib/process/limit-concurrency.ts'
import { endpointWorkflowId, statusQuery } from '../../workflows/messages.ts'
import { askWorkflow, asUnreachable } from './ask-workflow.ts'
import { endpointReport, type EndpointReport } from './endpoint-report.ts'
import { findEndpoints, type EndpointSelection } from './find-endpoints.ts'
import type { KeyTrouble } from './find-key-trouble.ts'
import type { EndpointRecord } from '../../workers/push/journal/find-endpoints.ts'
import type { Operations } from './operations.ts'

/** Questions under way at once. */
const concurrency = 8

/** The newest endpoint of a client, and those before it: its URL changed, what they had is kept. */
export interface EndpointReports extends EndpointReport {
  readonly older: readonly EndpointReport[]
  /** Why nothing of the client can be sealed or opened. */
  readonly keyTrouble: KeyTrouble | null
}

/**
 * Says how a client's endpoints stand, also while Temporal or the push processes are away. Throws what `findEndpoints` throws,
 * and `IpsError('journal-unavailable')`, retryable.
 */
export async function showEndpoint(
  operations: Operations,
  selection: EndpointSelection,
): Promise<EndpointReports> {
  const [newest, ...older] = await findEndpoints(operations, selection)
  const limit = limitConcurrency(concurrency)
  const report = (record: EndpointRecord) => limit(() => reportEndpoint(operations, record))
  const [newestReport, ...olderReports] = await Promise.all([report(newest), ...older.map(report)])
  const keyTrouble = await operations.journal.findKeyTrouble(selection.clientId)
  return { ...newestReport, older: olderReports, keyTrouble: keyTrouble ?? null }
}

/** Says how one endpoint stands. Does not throw where Temporal is away: the report says so. */
export async function reportEndpoint(
  { client }: Pick<Operations, 'client'>,
  record: EndpointRecord,
): Promise<EndpointReport> {
  const id = endpointWorkflowId(record)
  return endpointReport(record, await askWorkflow(client, id, statusQuery).catch(asUnreachable))
}
