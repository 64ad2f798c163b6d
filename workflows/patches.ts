/** Since this version endpoints are noted in the journal, replayed, exhausted and continued as new in the middle of a delivery. */
export const operationsPatch = 'endpoint-operations'
