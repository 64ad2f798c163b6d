ALTER TABLE clients ADD COLUMN suspended_at timestamptz;

-- What was decided about clients. What is decided often is one row for each hour, so that no number of requests fills the
-- disk; a row names only what the other tables know, so that no caller can choose what is in it.
CREATE TABLE audit_events (
  -- None: names that no client has.
  client_id text REFERENCES clients ON DELETE CASCADE,
  -- The hour, or the moment of what an operator has done.
  slot timestamptz NOT NULL,
  event text NOT NULL,
  reason text NOT NULL,
  -- The id of a secret or of a key of the client, or nothing.
  credential text NOT NULL,
  times bigint NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (client_id, slot, event, reason, credential)
);

CREATE INDEX audit_events_by_age ON audit_events (slot);
