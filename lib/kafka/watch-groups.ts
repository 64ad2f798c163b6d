import type { Admin } from 'kafkajs'
import { createKafka, type KafkaOptions } from './create-kafka.ts'

/** How far a consumer group is behind. */
export interface GroupLag {
  /** Records that it has not committed. */
  readonly records: number
  /** Time that it needs for them at the rate that it last worked at; 0 while that rate is not known. */
  readonly seconds: number
}

/** What was last seen of a topic and its groups. */
export interface GroupWatch {
  /** `ok`, or a sentence that says why the last look at Kafka failed. */
  readonly reachable: () => string
  /** By group, without those that have never committed. */
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
}

/** A broker that does not answer in this time is as good as away, long before the request itself times out. */
const lookTimeoutMs = 5_000

/** Progress of one group between two looks. */
interface Progress {
  committed: number
  records: number
  atMs: number
  perSecond: number
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
    lags: () => new Map([...progress].map(([group, lag]) => [group, toLag(lag)])),
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
  { topic, topicPrefix, groups }: GroupWatchOptions,
  progress: Map<string, Progress>,
): Promise<void> {
  const ends = await admin.fetchTopicOffsets(topicPrefix + topic)
  const endOf = new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
  for (const group of groups) {
    const [fetched] = await admin.fetchOffsets({
      groupId: topicPrefix + group,
      topics: [topicPrefix + topic],
    })
    // A group that has not committed in a partition has -1 there.
    const offsets = (fetched?.partitions ?? []).filter(({ offset }) => Number(offset) >= 0)
    if (offsets.length === 0) continue
    const committed = offsets.reduce((sum, { offset }) => sum + Number(offset), 0)
    const end = offsets.reduce((sum, { partition }) => sum + (endOf.get(partition) ?? 0), 0)
    const now = { committed, records: Math.max(0, end - committed), atMs: performance.now() }
    progress.set(group, { ...now, perSecond: rateOf(progress.get(group), now) })
  }
}

/** A group shows its rate only while it has work: one that waited for records is faster than what came. */
function rateOf(before: Progress | undefined, now: Omit<Progress, 'perSecond'>): number {
  if (before === undefined) return 0
  const seconds = (now.atMs - before.atMs) / 1000
  const rate = (now.committed - before.committed) / seconds
  const hadWork = before.records > 0 && now.records > 0
  if (!hadWork || rate <= 0) return before.perSecond
  if (before.perSecond === 0) return rate
  return before.perSecond + newestWeight * (rate - before.perSecond)
}

function toLag({ records, perSecond }: Progress): GroupLag {
  return { records, seconds: perSecond === 0 ? 0 : records / perSecond }
}
