/** Since this version endpoints are noted in the journal, replayed, exhausted and continued as new in the middle of a delivery. */
export const operationsPatch = 'endpoint-operations'

/** Since this version operators steer transactions, what no repetition mends is waited for, and runs are shorter. */
export const transactionOperationsPatch = 'transaction-operations'

/** Since this version summaries are published within the workflow's own task where that works at once. */
export const publicationInTaskPatch = 'publication-in-task'
