import type pg from 'pg'
import type { Pool } from '../../lib/postgres/create-pool.ts'

/** A pool that notes the texts of named statements. */
export function listeningPool(pool: Pool, statements: Map<string, string>): Pool {
  const listenTo = <Target extends Pool | pg.PoolClient>(target: Target): Target =>
    new Proxy(target, {
      get(_target, property) {
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const [query] = args
          if (property === 'query' && isNamed(query)) statements.set(query.name, query.text)
          const result: unknown = Reflect.apply(value, target, args)
          if (property !== 'connect' || !(result instanceof Promise)) return result
          return result.then((client: pg.PoolClient) => listenTo(client))
        }
      },
    })
  return listenTo(pool)
}

function isNamed(query: unknown): query is { name: string; text: string } {
  return typeof query === 'object' && query !== null && 'name' in query && 'text' in query
}

/** A step of a plan. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

/** The plan that is made once, for any values, when the partitions are still empty. */
export async function explain(pool: Pool, text: string): Promise<PlanNode> {
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
  )
  const [row] = rows
  if (row === undefined) throw new Error('no plan')
  return row['QUERY PLAN'][0].Plan
}

/** A step with all below it. */
export function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)]
}

/** What reads tables without a key; the slots themselves are few. */
function scansOf(plan: PlanNode): string[] {
  return nodesOf(plan)
    .filter((node) => node['Relation Name'] !== undefined && node['Relation Name'] !== 'slots')
    .filter((node) => /Scan$/.test(node['Node Type']) && node['Index Cond'] === undefined)
    .map((node) => `${node['Node Type']} of ${String(node['Relation Name'])}`)
}

/** Statements that read tables without a key, and which. */
export async function findScans(
  pool: Pool,
  statements: ReadonlyMap<string, string>,
): Promise<Record<string, string[]>> {
  const scans: Record<string, string[]> = {}
  for (const [name, text] of statements) {
    const found = scansOf(await explain(pool, text))
    if (found.length > 0) scans[name] = found
  }
  return scans
}
