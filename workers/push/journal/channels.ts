/** Endpoints to whose journal something was appended: their ids, separated by commas. */
export const appendedChannel = 'push_appended'

/** Endpoints whose delivery is to end and start afresh. */
export const interruptChannel = 'push_interrupt'
