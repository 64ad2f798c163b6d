import { describeSettings, type Settings } from '../lib/config/settings.ts'
import { roles, topics, type Role, type Topic } from '../lib/topology.ts'

const dayMs = 24 * 60 * 60 * 1000

/** The table of roles, as ARCHITECTURE.md shows it. */
export function renderRoles(): string {
  const rows = Object.entries<Role>(roles).map(([name, role]) => [
    `\`${name}\``,
    role.purpose,
    names(role.consumes.map((id) => topics[id].name)),
    names(role.produces.map((id) => topics[id].name)),
    names(role.databases),
    names(role.workflows ?? []),
    String(8080 + role.healthPortOffset),
  ])
  return table(
    ['role', 'what it does', 'consumes', 'produces', 'databases', 'workflows', 'health port'],
    rows,
  )
}

/** The table of topics, as ARCHITECTURE.md shows it. */
export function renderTopics(): string {
  const rows = Object.values<Topic>(topics).map((topic) => [
    `\`${topic.name}\``,
    topic.payloads.length === 0
      ? 'the original record, the reason in headers'
      : names(topic.payloads),
    String(topic.partitions),
    `${topic.retentionMs / dayMs} days`,
  ])
  return table(['topic', 'payload of the envelope', 'partitions', 'retention'], rows)
}

/** The table of a role's settings, as docs/configuration.md shows it. */
export function renderSettings(settings: Settings): string {
  const rows = describeSettings(settings).map(({ variable, fallback, description }) => [
    `\`${variable}\``,
    description,
    describeFallback(fallback),
  ])
  return table(['variable', 'what it is', 'default'], rows)
}

/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in a document. Throws where the markers are missing.
 */
export function replaceSection(document: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [document.indexOf(open), document.indexOf(close)]
  if (from < 0 || to < from) throw new Error(`the document has no section ${name}`)
  return `${document.slice(0, from + open.length)}\n\n${content}\n\n${document.slice(to)}`
}

function describeFallback(fallback: string): string {
  if (fallback === '') return 'empty'
  return fallback === 'required' || fallback === 'none' ? fallback : `\`${fallback}\``
}

function names(list: readonly string[]): string {
  return list.map((name) => `\`${name}\``).join(', ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
