import type { EndpointRow } from '../../../../workers/push/journal/append-deliveries.ts'
import { createDelivery, type TestPushJournal } from '../../../support/push-journal.ts'

export type ModelState = 'pending' | 'delivered' | 'retrying' | 'dead' | 'dropped'

interface ModelMessage {
  readonly id: string
  state: ModelState
}

/** A row of an endpoint's queue. */
interface ModelEntry {
  readonly message: ModelMessage
  isSettled: boolean
}

/** What a test asks of both, the journal and its model. */
export type Step =
  | { readonly kind: 'append'; readonly ids: readonly string[] }
  | { readonly kind: 'settle'; readonly index: number; readonly state: 'delivered' | 'retrying' }
  | {
      readonly kind: 'settle-refused'
      readonly id: string
      readonly state: 'delivered' | 'dead' | 'dropped'
    }
  | { readonly kind: 'replay'; readonly ids?: readonly string[]; readonly since?: number }
  | { readonly kind: 'bury'; readonly limit: number }
  | { readonly kind: 'pass-day' }

const owner = 'me'

/** One endpoint in the journal, and beside it the simplest account of what the journal must say. */
export class JournalModel {
  private readonly messages: ModelMessage[] = []
  private readonly entries: ModelEntry[] = []
  private readonly test_: TestPushJournal
  readonly endpoint: EndpointRow

  constructor(test_: TestPushJournal) {
    this.test_ = test_
    this.endpoint = test_.createEndpoint()
  }

  /** What waits, in the order in which it is to be sent. */
  get waiting(): string[] {
    return this.entries.filter(({ isSettled }) => !isSettled).map(({ message }) => message.id)
  }

  /** How each message stands, the newest first. */
  get states(): [id: string, state: ModelState][] {
    return this.messages.map(({ id, state }): [string, ModelState] => [id, state]).reverse()
  }

  async apply(step: Step): Promise<void> {
    switch (step.kind) {
      case 'append':
        return this.append(step.ids)
      case 'settle':
        return this.settle(step.index, step.state)
      case 'settle-refused':
        return this.settleRefused(step.id, step.state)
      case 'replay':
        return this.replay(step)
      case 'bury':
        return this.bury(step.limit)
      case 'pass-day':
        await this.test_.passDay()
    }
  }

  private async append(ids: readonly string[]): Promise<void> {
    const { appended } = await this.test_.journal.append(
      ids.map((id) => createDelivery(this.endpoint, id, `body of ${id}`)),
    )
    const known = this.messages.length
    for (const id of ids) {
      if (this.messages.some((message) => message.id === id)) continue
      const message: ModelMessage = { id, state: 'pending' }
      this.messages.push(message)
      this.entries.push({ message, isSettled: false })
    }
    equal('appended', appended, this.messages.length - known)
  }

  /** Settles one of those that wait. */
  private async settle(index: number, state: 'delivered' | 'retrying'): Promise<void> {
    const waiting = this.entries.filter(({ isSettled }) => !isSettled)
    const entry = waiting[index % Math.max(1, waiting.length)]
    if (entry === undefined) return
    const rows = await this.readAll()
    const row = rows[this.entries.indexOf(entry)]
    if (row === undefined) throw new Error('the journal has lost a row')
    entry.isSettled = true
    entry.message.state = state
    const unsettled = this.entries.findIndex(({ isSettled }) => !isSettled)
    await this.test_.journal.settle({
      ...{ endpointId: this.endpoint.endpointId, owner, state },
      ...{ position: row.position, origin: row.origin },
      attempt: { at: 0, durationMs: 1, status: state === 'delivered' ? 200 : 400 },
      cursor: rows[(unsettled === -1 ? rows.length : unsettled) - 1]?.position ?? 0,
    })
  }

  private async settleRefused(id: string, state: 'delivered' | 'dead' | 'dropped'): Promise<void> {
    const message = this.messages.find((one) => one.id === id)
    const rows = await this.readAll()
    const position = rows.find(({ messageId }) => messageId === id)?.origin ?? 0
    const { endpointId } = this.endpoint
    const isOpen = message?.state === 'retrying' || message?.state === 'dead'
    const loaded = await this.test_.journal.loadRefused(endpointId, position)
    equal('loaded', loaded?.message.body, isOpen ? `body of ${id}` : undefined)
    const isSettled = await this.test_.journal.settleRefused({ endpointId, position, state })
    equal('settled', isSettled, isOpen)
    if (message !== undefined && isOpen) message.state = state
  }

  private async replay({ ids, since }: { ids?: readonly string[]; since?: number }): Promise<void> {
    const { endpointId } = this.endpoint
    const selection = {
      ...(ids === undefined ? {} : { ids }),
      ...(since === undefined ? {} : { since }),
    }
    let messages = 0
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = await this.test_.journal.replay(endpointId, selection, { after, limit: 2 })
      messages += page.messages
      after = page.next
    }
    const chosen = this.messages.filter(
      ({ id, state }) =>
        state !== 'pending' &&
        (ids?.includes(id) ?? (since === undefined ? state === 'dead' : true)),
    )
    for (const message of chosen) {
      message.state = 'pending'
      this.entries.push({ message, isSettled: false })
    }
    equal('replayed', messages, chosen.length)
    const again = await this.test_.journal.replay(endpointId, selection, { after: 0, limit: 100 })
    equal('replayed again', again.messages, 0)
  }

  private async bury(limit: number): Promise<void> {
    const buried = this.entries.filter(({ isSettled }) => !isSettled).slice(0, limit)
    const count = await this.test_.journal.bury(
      this.endpoint.endpointId,
      Date.now() + 1_000,
      'exhausted',
      limit,
    )
    equal('buried', count, buried.length)
    for (const entry of buried) {
      entry.isSettled = true
      entry.message.state = 'dead'
    }
  }

  /** What a delivery that takes over now would send. */
  async readWaiting(): Promise<string[]> {
    const claimed = await this.test_.journal.claim(this.endpoint.endpointId, owner)
    const rows = await this.readAll(claimed?.cursor)
    const settled = new Set(claimed?.settledBeyond)
    const waiting = rows.filter(({ position }) => !settled.has(position))
    for (const { messageId, body } of waiting) equal('body', body, `body of ${messageId}`)
    return waiting.map(({ messageId }) => messageId)
  }

  private async readAll(after = 0) {
    const page = await this.test_.journal.read(this.endpoint.endpointId, after)
    if (page.hasMore) throw new Error('more than a page')
    return page.messages
  }
}

function equal(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected)
    throw new Error(`${what}: the journal says ${String(actual)}, the model ${String(expected)}`)
}
