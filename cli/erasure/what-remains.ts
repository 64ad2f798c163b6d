import { topics } from '../../lib/topology.ts'

/** Something of an erased client that goes by itself, or that somebody else has to see to. */
export interface Remainder {
  readonly where: string
  readonly what: string
  /** Absent where nobody here can know. */
  readonly until?: Date
}

/** Tokens that are out there may still post images for so long; these are processed, and kept by no journal. */
const tokenLifeMs = 60 * 60 * 1000

/** What an erasure leaves behind, at a time. Topics drop records by the segment: a little later than is said. */
export function whatRemains(now: Date): Remainder[] {
  const after = (retentionMs: number) => new Date(now.getTime() + tokenLifeMs + retentionMs)
  return [
    {
      where: `topic ${topics.ingest.name}`,
      what: 'its images',
      until: after(topics.ingest.retentionMs),
    },
    {
      where: `topics ${topics.vision.name} and ${topics.summary.name}`,
      what: 'what was found in them',
      until: after(topics.vision.retentionMs),
    },
    {
      where: `topic ${topics.deadLetter.name}`,
      what: 'records of it that could not be handled',
      until: after(topics.deadLetter.retentionMs),
    },
    {
      where: 'files of the databases',
      what: 'what rows held that was never sealed, until PostgreSQL uses their place again: ids, its claims, the URL of its webhook',
    },
    {
      where: 'logs',
      what: 'its name, ids of its transactions, images and messages, and hosts of its webhooks',
    },
    {
      where: 'backups of databases',
      what: 'the same, and content that no key opens any more; rows from before content was sealed',
    },
    {
      where: 'Temporal’s database',
      what: 'may keep histories of its workflows, with ids, hosts and what attempts came to, until their retention',
    },
    { where: 'backups of the folder of keys', what: 'its keys: remove them there too' },
    { where: 'its webhooks’ receivers', what: 'what was delivered to them' },
    { where: 'whoever has read its firehose', what: 'what was streamed to them' },
  ]
}
