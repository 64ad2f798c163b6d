import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { SearchAttributeName } from '../lib/topology.ts'

const keyword = (name: SearchAttributeName) =>
  defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)

/** The keys of the system's search attributes: by them operators find workflows in the Temporal UI. */
export const searchAttributeKeys = {
  clientId: keyword('clientId'),
  endpoint: keyword('endpoint'),
  correlationId: keyword('correlationId'),
  deliveryState: keyword('deliveryState'),
} as const satisfies Record<SearchAttributeName, unknown>
