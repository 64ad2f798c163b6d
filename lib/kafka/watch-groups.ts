import type { Admin } from 'kafkajs'
import { createKafka, type KafkaOptions } from './create-kafka.ts'

/** How far a consumer group is behind. */
export interface GroupLag {
  /** Records that it has not committed; where it has never committed, all that the topic has. */
  readonly records: number
  /**
   * Time that it needs for them at the rate that it last worked at, or that has passed without progress, whichever is
   * longer. While that rate is not known: 0, and infinite once there was no progress for `noProgressMs`.
   */
  readonly seconds: number
}

/** What was last seen of a topic and its groups. */
export interface GroupWatch {
  /** `ok`, or a sentence that says why the last look at Kafka failed. */
  readonly reachable: () => string
  /** By group; empty until the first look. */
  readonly lags: () => ReadonlyMap<string, GroupLag>
  readonly stop: () => Promise<void>
}

/** What is watched. */
export interface GroupWatchOptions extends KafkaOptions {
  /** A topic's name as in the topology. */
  readonly topic: string
  /** Groups' names as in the topology. */
  readonly groups: readonly string[]
  readonly intervalMs: number
  /** A group that has work, was never seen to do any, and does none for so long, is taken for dead. */
  readonly noProgressMs: number
}

/** A broker that does not answer in this time is as good as away, long before the request itself times out. */
const lookTimeoutMs = 5_000

/** What one look finds out about a group. */
interface Look {
  /** Sum of the next offsets that it reads. */
  readonly position: number
  readonly records: number
  readonly atMs: number
}

/** A group over several looks. */
interface Progress extends Look {
  /** For how long it was seen to have work and not to move. */
  readonly idleMs: number
  /** 0 while it is not known. */
  readonly perSecond: number
}

/** Weight of the newest measurement of a group's rate: one burst does not decide, ten looks do. */
const newestWeight = 0.3

/**
 * Looks at a topic's and its groups' offsets now and then, in the background: whether Kafka answers, and how many seconds
 * of work each group has before it. Never throws; the first look is under way when it returns.
 */
export function watchGroups(options: GroupWatchOptions): GroupWatch {
  const progress = new Map<string, Progress>()
  const state: { reachable: string; admin?: Admin; stopped: boolean } = {
    reachable: 'not reached yet',
    stopped: false,
  }
  const look = async () => {
    const late = setTimeout(() => {
      state.reachable = `no answer within ${lookTimeoutMs} ms`
    }, lookTimeoutMs)
    try {
      state.admin ??= await connectAdmin(options)
      await observe(state.admin, options, progress)
      state.reachable = 'ok'
    } catch (error) {
      state.reachable = error instanceof Error ? error.message : String(error)
      // A new connection next time: a broken one may not mend itself.
      const broken = state.admin
      delete state.admin
      await broken?.disconnect().catch(() => undefined)
    } finally {
      clearTimeout(late)
    }
  }
  let looking = look()
  const schedule = () =>
    setTimeout(() => {
      looking = look().finally(() => {
        if (!state.stopped) timer = schedule()
      })
    }, options.intervalMs)
  let timer = schedule()
  return {
    reachable: () => state.reachable,
    lags: () =>
      new Map([...progress].map(([group, lag]) => [group, toLag(lag, options.noProgressMs)])),
    async stop() {
      state.stopped = true
      clearTimeout(timer)
      await looking
      await state.admin?.disconnect()
    },
  }
}

async function connectAdmin(options: GroupWatchOptions): Promise<Admin> {
  // The next look is the next try.
  const admin = createKafka(options).admin({ retry: { retries: 0 } })
  try {
    await admin.connect()
    return admin
  } catch (error) {
    await admin.disconnect().catch(() => undefined)
    throw error
  }
}

async function observe(
  admin: Admin,
  { topic, topicPrefix, groups, intervalMs }: GroupWatchOptions,
  progress: Map<string, Progress>,
): Promise<void> {
  const name = topicPrefix + topic
  const committed = new Map<string, ReadonlyMap<number, number>>()
  for (const group of groups) {
    const [fetched] = await admin.fetchOffsets({ groupId: topicPrefix + group, topics: [name] })
    const partitions = fetched?.partitions ?? []
    const offsets = partitions.map(({ partition, offset }) => [partition, Number(offset)] as const)
    committed.set(group, new Map(offsets))
  }
  // Afterwards, so that nothing committed lies behind the end.
  const ends = await admin.fetchTopicOffsets(name)
  const atMs = performance.now()
  for (const [group, offsets] of committed) {
    const partitions = ends.map(({ partition, low, high }) =>
      toBacklog(Number(low), Number(high), offsets.get(partition)),
    )
    const look = {
      position: partitions.reduce((sum, { position }) => sum + position, 0),
      records: partitions.reduce((sum, { records }) => sum + records, 0),
      atMs,
    }
    progress.set(group, follow(progress.get(group), look, 2 * intervalMs))
  }
}

/** Without a commit, and with one that is not in the topic (any more), a group reads from the topic's beginning. */
function toBacklog(low: number, high: number, committed = -1) {
  const position = committed >= low && committed <= high ? committed : low
  return { position, records: high - position }
}

/** Time in which nobody looked, because Kafka was away, says nothing: at most `maxGapMs` between two looks counts. */
function follow(before: Progress | undefined, now: Look, maxGapMs: number): Progress {
  if (before === undefined) return { ...now, idleMs: 0, perSecond: 0 }
  const moved = now.position !== before.position || now.records === 0
  const idleMs = moved ? 0 : before.idleMs + Math.min(now.atMs - before.atMs, maxGapMs)
  return { ...now, idleMs, perSecond: rateOf(before, now) }
}

/** A group shows its rate only while it has work: one that waited for records is faster than what came. */
function rateOf(before: Progress, now: Look): number {
  const seconds = (now.atMs - before.atMs) / 1000
  const rate = (now.position - before.position) / seconds
  const hadWork = before.records > 0 && now.records > 0
  if (!hadWork || rate <= 0) return before.perSecond
  if (before.perSecond === 0) return rate
  return before.perSecond + newestWeight * (rate - before.perSecond)
}

function toLag({ records, perSecond, idleMs }: Progress, noProgressMs: number): GroupLag {
  if (perSecond === 0) return { records, seconds: idleMs > noProgressMs ? Infinity : 0 }
  return { records, seconds: Math.max(records / perSecond, idleMs / 1000) }
}
