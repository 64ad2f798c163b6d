import type { Environment } from '../setup/read-setup.ts'
import { note, say } from '../terminal.ts'
import { deliveryTable, describeDelivery } from './describe-delivery.ts'
import { dropDelivery } from './drop-delivery.ts'
import { listDeliveries } from './list-deliveries.ts'
import { retryDelivery } from './retry-delivery.ts'
import { showDelivery, type LoggedDeliveryReport, type MessageSelection } from './show-delivery.ts'
import { withOperations } from './with-operations.ts'

interface OutputOptions {
  readonly json?: boolean
}

/** The options of a command about one message, as they were given. */
export interface MessageOptions extends OutputOptions {
  readonly endpoint?: string
}

/** The options of `racc deliveries list`, as they were given. */
export interface ListOptions extends OutputOptions {
  readonly state?: string
  readonly correlation?: string
  readonly limit: string
}

/** Prints messages of a client, the newest first. */
export async function list(
  environment: Environment,
  name: string,
  options: ListOptions,
): Promise<void> {
  const { state, correlation, limit, json = false } = options
  const deliveries = await withOperations(environment, (operations) =>
    listDeliveries(operations, {
      ...{ clientId: name, limit },
      ...(state === undefined ? {} : { state }),
      ...(correlation === undefined ? {} : { correlationId: correlation }),
    }),
  )
  if (json) say(JSON.stringify(deliveries))
  else if (deliveries.length === 0) note('there are no such messages')
  else say(deliveryTable(deliveries))
}

/** Prints how a message stands, with its attempts. */
export async function show(
  environment: Environment,
  id: string,
  options: MessageOptions,
): Promise<void> {
  const report = await withOperations(environment, (operations) =>
    showDelivery(operations, selectionOf(id, options)),
  )
  print(report, options)
}

/** Sends a message at once, and prints how it stands then. */
export async function retry(
  environment: Environment,
  id: string,
  options: MessageOptions,
): Promise<void> {
  const report = await withOperations(environment, (operations) =>
    retryDelivery(operations, selectionOf(id, options)),
  )
  if (!report.taken) note('it was asked for, and is not done yet: it is as soon as push gets to it')
  print(report, options)
}

/** Gives a message up for good, and prints how it stands then. */
export async function drop(
  environment: Environment,
  id: string,
  options: MessageOptions & { readonly reason: string },
): Promise<void> {
  const report = await withOperations(environment, (operations) =>
    dropDelivery(operations, selectionOf(id, options), options.reason),
  )
  print(report, options)
}

function selectionOf(messageId: string, { endpoint }: MessageOptions): MessageSelection {
  return { messageId, ...(endpoint === undefined ? {} : { endpointId: endpoint }) }
}

function print(delivery: LoggedDeliveryReport, { json = false }: OutputOptions): void {
  if (json) say(JSON.stringify(delivery))
  else for (const line of describeDelivery(delivery, Date.now())) say(line)
}
