import { boolean, integer, list, setting } from '../../lib/config/settings.ts'

const day = 24 * 60 * 60
/** The topics keep records for three days: a copy that is read again must be known for longer. */
const shortestRetention = 4 * day

/** What the push process has of its own. */
export const pushSettings = {
  pushAllowAddresses: setting(
    list().default([]),
    'Ranges of addresses (CIDR) that webhooks may reach although they are not public, separated by commas',
  ),
  pushAllowHttp: setting(
    boolean().default(false),
    'Whether webhooks may go over plain HTTP, and to any port: for development only',
  ),
  pushLingerMs: setting(
    integer(0, 600_000).default(60_000),
    'How long a delivery without messages waits for the next one before the endpoint falls asleep',
  ),
  pushMaxEndpoints: setting(
    integer(1, 10_000).default(1_000),
    'Endpoints to which one process delivers at the same time; the others wait',
  ),
  pushMaxPerHost: setting(
    integer(1, 10_000).default(128),
    'Requests of one process to one host at the same time, beyond the first one of each endpoint',
  ),
  pushRetention: setting(
    integer(shortestRetention, 3_650 * day).default(30 * day),
    'Seconds for which the journal keeps messages, delivered or not, after the day on which they came',
  ),
  pushSecretOverlap: setting(
    integer(0, 30 * day).default(day),
    'Seconds for which webhooks are signed with the former secret too when a token brings a new one',
  ),
} as const
