import type { MessageDeliveryInput } from '../../workflows/messages.ts'
import type { DeliveryRecord } from '../../workers/push/journal/delivery-rows.ts'

/** With what the workflow of a message is started, where it does not run. */
export function messageInput(
  record: DeliveryRecord,
  state: MessageDeliveryInput['state'],
): MessageDeliveryInput {
  const { clientId, endpointId, host, id, correlationId, position, lastStatus, lastError } = record
  return {
    ...{ clientId, endpointId, host, messageId: id, correlationId, position, state },
    ...(lastStatus === undefined ? {} : { lastStatus }),
    ...(lastError === undefined ? {} : { lastError }),
  }
}
