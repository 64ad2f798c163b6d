/** PostgreSQL's payload of one notification has at most 8,000 bytes. */
const idsPerNotification = 200

/**
 * SQL: tells the ids that a query gives as `endpoint_id` to a channel, where they are heard when the transaction is
 * committed. A row for each notification.
 */
export function notifyOf(channel: string, endpoints: string): string {
  return `
    SELECT pg_notify('${channel}', string_agg(endpoint_id, ',')) AS told
    FROM (
      SELECT endpoint_id, (row_number() OVER () - 1) / ${idsPerNotification} AS part FROM (${endpoints}) AS news
    ) AS numbered
    GROUP BY part`
}
