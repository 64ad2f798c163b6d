/** Clients to whose stream something was appended: their ids, separated by commas. */
export const appendedChannel = 'firehose_appended'
