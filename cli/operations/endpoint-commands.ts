import type { Environment } from '../setup/read-setup.ts'
import { note, say } from '../terminal.ts'
import { actOnEndpoint, type EndpointAction } from './act-on-endpoint.ts'
import { describeAction, describeEndpoints } from './describe-endpoint.ts'
import type { EndpointSelection } from './find-endpoints.ts'
import { count } from './format-when.ts'
import { readSince } from './read-since.ts'
import { replayMessages } from './replay-messages.ts'
import { showEndpoint } from './show-endpoint.ts'
import { withOperations } from './with-operations.ts'

/** The options that every command about endpoints has, as they were given. */
export interface EndpointOptions {
  readonly endpoint?: string
  readonly json?: boolean
}

/** Prints how the endpoints of a client stand. */
export async function show(
  environment: Environment,
  name: string,
  options: EndpointOptions,
): Promise<void> {
  const reports = await withOperations(environment, (operations) =>
    showEndpoint(operations, selectionOf(name, options)),
  )
  print(reports, options, () => describeEndpoints(reports, Date.now()))
}

/** Does something with the endpoints of a client, and prints how they stand then. */
export async function act(
  environment: Environment,
  name: string,
  action: EndpointAction,
  options: EndpointOptions,
): Promise<void> {
  const report = await withOperations(environment, (operations) =>
    actOnEndpoint(operations, selectionOf(name, options), action),
  )
  print(report, options, () => describeAction(report, Date.now()))
}

/** Sends messages once more, and prints how the endpoints of the client stand then. */
export async function replay(
  environment: Environment,
  name: string,
  options: EndpointOptions & { readonly since?: string; readonly id?: readonly string[] },
): Promise<void> {
  const { since, id: ids } = options
  const report = await withOperations(environment, (operations) =>
    replayMessages(operations, selectionOf(name, options), {
      ...(since === undefined ? {} : { since: readSince(since, operations.now()) }),
      ...(ids === undefined ? {} : { ids }),
    }),
  )
  print(report, options, () => describeAction(report, Date.now()))
  note(`${count(report.replayed, 'message')} put into the queue once more, with the same ids`)
}

function selectionOf(clientId: string, { endpoint }: EndpointOptions): EndpointSelection {
  return { clientId, ...(endpoint === undefined ? {} : { endpointId: endpoint }) }
}

function print(report: object, { json = false }: EndpointOptions, describe: () => string[]): void {
  if (json) say(JSON.stringify(report))
  else for (const line of describe()) say(line)
}
