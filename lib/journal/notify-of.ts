/** PostgreSQL's payload of one notification has at most 8,000 bytes; an id has 64 at most. */
const idsPerNotification = 120

/**
 * SQL: tells the ids that a query of one column gives to a channel, where they are heard when the transaction is committed. A
 * row for each notification.
 */
export function notifyOf(channel: string, ids: string): string {
  return `
    SELECT pg_notify('${channel}', string_agg(id, ',')) AS told
    FROM (
      SELECT id, (row_number() OVER () - 1) / ${idsPerNotification} AS part FROM (${ids}) AS news (id)
    ) AS numbered
    GROUP BY part`
}
