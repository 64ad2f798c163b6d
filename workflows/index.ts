export { endpointDelivery } from './endpoint-delivery.ts'
export { transactionSummary } from './transaction-summary.ts'
