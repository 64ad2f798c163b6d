/**
 * A place never goes back, so that a process that has lost its partition changes nothing; unless the topic was made anew, whose
 * records are newer than all before.
 */
const isNews = 'p.next_offset <= excluded.next_offset OR p.newest_at < excluded.newest_at'

/** `$1` to `$4`: the rows of `JournalRows`, `$5`: an array of at most one place; all as JSON. */
export const appendStatement = `
WITH new_transactions AS (
  INSERT INTO transactions AS t (client_id, correlation_id, announced, window_start, window_seconds, idle_seconds,
    sealed_token, token_digest, token_ingested_at, traceparent, synthetic, identity_threshold, versions)
  SELECT client_id, correlation_id, announced, window_start, window_seconds, idle_seconds,
    decode(sealed_token, 'base64'), decode(token_digest, 'base64'), token_ingested_at, traceparent,
    synthetic, identity_threshold, versions
  FROM jsonb_to_recordset($1::jsonb) AS r (client_id text, correlation_id text, announced integer,
    window_start timestamptz, window_seconds double precision, idle_seconds double precision,
    sealed_token text, token_digest text, token_ingested_at timestamptz, traceparent text, synthetic boolean,
    identity_threshold double precision, versions text[])
  ON CONFLICT (client_id, correlation_id) DO UPDATE SET
    announced = greatest(t.announced, excluded.announced),
    window_start = least(t.window_start, excluded.window_start),
    window_seconds = greatest(t.window_seconds, excluded.window_seconds),
    idle_seconds = greatest(t.idle_seconds, excluded.idle_seconds),
    (token, sealed_token, token_digest, token_ingested_at, traceparent) = (
      SELECT * FROM (VALUES
        (t.token, t.sealed_token, coalesce(t.token_digest, sha256(convert_to(t.token, 'UTF8'))),
          t.token_ingested_at, t.traceparent),
        (NULL, excluded.sealed_token, excluded.token_digest, excluded.token_ingested_at, excluded.traceparent)
      ) AS n (token, sealed_token, token_digest, token_ingested_at, traceparent)
      ORDER BY n.token_ingested_at DESC, n.token_digest DESC LIMIT 1
    ),
    synthetic = t.synthetic OR excluded.synthetic,
    identity_threshold = greatest(t.identity_threshold, excluded.identity_threshold),
    versions = ARRAY(SELECT DISTINCT v FROM unnest(t.versions || excluded.versions) AS v ORDER BY v),
    changed_at = now()
), new_images AS (
  INSERT INTO images AS i (client_id, correlation_id, image_id, expected, answered)
  SELECT client_id, correlation_id, image_id, expected, answered
  FROM jsonb_to_recordset($2::jsonb) AS r (client_id text, correlation_id text, image_id text,
    expected text[], answered text[])
  ON CONFLICT (client_id, correlation_id, image_id) DO UPDATE SET
    expected = ARRAY(SELECT DISTINCT e FROM unnest(i.expected || excluded.expected) AS e),
    answered = ARRAY(SELECT DISTINCT a FROM unnest(i.answered || excluded.answered) AS a)
  WHERE NOT (i.expected @> excluded.expected AND i.answered @> excluded.answered)
), new_templates AS (
  INSERT INTO face_templates (client_id, correlation_id, image_id, face_index, maker, sealed)
  SELECT client_id, correlation_id, image_id, face_index, maker, decode(sealed, 'base64')
  FROM jsonb_to_recordset($4::jsonb) AS r (client_id text, correlation_id text, image_id text,
    face_index integer, maker text, sealed text)
  ON CONFLICT (client_id, correlation_id, image_id, face_index) DO NOTHING
), new_place AS (
  INSERT INTO places AS p (topic, partition, next_offset, newest_at, untold)
  SELECT topic, partition, next_offset, newest_at, untold
  FROM jsonb_to_recordset($5::jsonb) AS r (topic text, partition integer, next_offset bigint,
    newest_at timestamptz, untold jsonb)
  ON CONFLICT (topic, partition) DO UPDATE SET
    next_offset = excluded.next_offset,
    newest_at = greatest(p.newest_at, excluded.newest_at),
    untold = to_jsonb(ARRAY(
      SELECT DISTINCT u FROM jsonb_array_elements(p.untold || excluded.untold) AS u
    ))
  WHERE ${isNews}
)
INSERT INTO messages (client_id, correlation_id, message_id, image_id, service, version, sealed)
SELECT client_id, correlation_id, message_id, image_id, service, version, decode(sealed, 'base64')
FROM jsonb_to_recordset($3::jsonb) AS r (client_id text, correlation_id text, message_id text, image_id text,
  service text, version text, sealed text)
ON CONFLICT (client_id, correlation_id, message_id) DO NOTHING`

/** `$1` to `$4`: a place that everything before it is done for. */
export const settleStatement = `
INSERT INTO places AS p (topic, partition, next_offset, newest_at, untold) VALUES ($1, $2, $3, $4, '[]')
ON CONFLICT (topic, partition) DO UPDATE SET
  next_offset = excluded.next_offset,
  newest_at = greatest(p.newest_at, excluded.newest_at),
  untold = '[]'
WHERE ${isNews}`

/** `$1`: client ids, `$2`: correlation ids, side by side. `$3`: how many missing messages are named. */
export const progressStatement = `
SELECT t.client_id, t.correlation_id, t.announced, t.window_start, t.window_seconds, t.idle_seconds,
  m.messages, i.images, i.complete_images, i.missing, s.missing_sample,
  coalesce(d.revision, 0) AS revision, coalesce(d.messages, 0) AS decided_messages
FROM unnest($1::text[], $2::text[]) AS wanted (client_id, correlation_id)
JOIN transactions t USING (client_id, correlation_id)
CROSS JOIN LATERAL (
  SELECT count(*) AS messages FROM messages
  WHERE client_id = t.client_id AND correlation_id = t.correlation_id
) AS m
CROSS JOIN LATERAL (
  SELECT count(*) AS images, count(*) FILTER (WHERE expected <@ answered) AS complete_images,
    coalesce(sum((SELECT count(*) FROM unnest(expected) AS e WHERE e <> ALL (answered))), 0) AS missing
  FROM images WHERE client_id = t.client_id AND correlation_id = t.correlation_id
) AS i
CROSS JOIN LATERAL (
  SELECT ARRAY(
    SELECT replace(e, '/', ' ') || ' of ' || image_id FROM images, unnest(expected) AS e
    WHERE client_id = t.client_id AND correlation_id = t.correlation_id AND e <> ALL (answered)
    ORDER BY image_id, e LIMIT $3
  ) AS missing_sample
) AS s
LEFT JOIN LATERAL (
  SELECT revision, messages FROM summaries
  WHERE client_id = t.client_id AND correlation_id = t.correlation_id
  ORDER BY revision DESC LIMIT 1
) AS d ON true`
