import { postgresSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import { integer, setting } from '../../lib/config/settings.ts'

/** What the stream of the firehose can be told. */
export const firehoseStreamSettings = {
  ...postgresSettings,
  ...tokenSettings,
  firehoseMaxStreams: setting(
    integer(1, 100_000).default(10_000),
    'Streams that one process has open at most; beyond them it answers 503',
  ),
  firehoseStallTimeoutMs: setting(
    integer(1_000, 3_600_000).default(300_000),
    'A stream whose client takes not a byte for so long, while something waits for it, is cut',
  ),
} as const
