import { kafkaSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import { integer, setting } from '../../lib/config/settings.ts'
import { maxPostBytes } from './read-images.ts'

const mebibyte = 1024 * 1024

/** What ingestion can be told. */
export const ingestionSettings = {
  ...kafkaSettings,
  ...tokenSettings,
  ingestMaxBytesInFlight: setting(
    integer(2 * maxPostBytes, 64 * 1024 * mebibyte).default(128 * mebibyte),
    'Bytes of bodies that ingestion holds at most, a client at most half of them; the process takes up to five times as much memory',
  ),
  ingestMaxBytesProducing: setting(
    integer(mebibyte, 4 * 1024 * mebibyte).default(32 * mebibyte),
    'Bytes that ingestion has on their way to Kafka at most; each of them is in memory several times meanwhile',
  ),
  ingestProduceTimeoutMs: setting(
    integer(100, 120_000).default(15_000),
    'How long ingestion waits for Kafka’s acknowledgement before it answers 503',
  ),
  ingestPaceWindowMs: setting(
    integer(100, 60_000).default(5_000),
    'In every window of this length an upload must move by INGEST_PACE_MIN_BYTES, or it is cut',
  ),
  ingestPaceMinBytes: setting(
    integer(1, mebibyte).default(16 * 1024),
    'Bytes by which an upload must move in every window; the default suits the slowest mobile networks',
  ),
  admissionMaxLagSeconds: setting(
    integer(1, 30 * 24 * 60 * 60).default(3_600),
    'Seconds of work before a vision service above which ingestion answers 503',
  ),
} as const
