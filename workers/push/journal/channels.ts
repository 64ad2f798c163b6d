/** Endpoints to whose journal something was appended: their ids, separated by commas. */
export const appendedChannel = 'push_appended'

/** Endpoints whose delivery is to end and start afresh. */
export const interruptChannel = 'push_interrupt'

/** All of them. */
export const pushChannels = [appendedChannel, interruptChannel] as const
