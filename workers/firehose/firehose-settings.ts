import { integer, setting } from '../../lib/config/settings.ts'

const day = 24 * 60 * 60
/** The topics keep records for three days: a copy that is read again must be known for longer. */
const shortestRetention = 4 * day

/** What the firehose process has of its own. */
export const firehoseSettings = {
  firehoseRetention: setting(
    integer(shortestRetention, 3_650 * day).default(30 * day),
    'Seconds for which the journal of the firehose keeps messages, read or not, after the day on which they came',
  ),
} as const
