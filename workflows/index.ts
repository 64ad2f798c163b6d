export { endpointDelivery } from './endpoint-delivery.ts'
export { evaluationRun } from './evaluation-run.ts'
export { messageDelivery } from './message-delivery.ts'
export { transactionSummary } from './transaction-summary.ts'
