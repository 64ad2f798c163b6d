import { createHash } from 'node:crypto'

/** Over how many partitions one client's transactions are spread: a large client is not one hot partition. */
const spread = 4

/**
 * The partition of a transaction: the client's home partition plus a spread by transaction. Deterministic, so that all
 * messages of a transaction are in one partition of every topic with as many partitions.
 */
export function partitionFor(
  transaction: { clientId: string; correlationId: string },
  partitions: number,
): number {
  const home = hash(transaction.clientId)
  const offset = hash(`${transaction.clientId}\n${transaction.correlationId}`) % spread
  return (home + offset) % partitions
}

function hash(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0)
}
