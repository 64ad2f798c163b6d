-- Secrets that change, batches, and what operators see of an endpoint.

ALTER TABLE endpoints
  -- Of the secret alone: the former one is kept where it changes, and still signs until then.
  ADD COLUMN secret_fingerprint text,
  ADD COLUMN former_sealed bytea,
  ADD COLUMN former_until timestamptz;

ALTER TABLE cursors
  ADD COLUMN state text NOT NULL DEFAULT 'idle'
    CHECK (state IN ('idle', 'delivering', 'backing-off', 'paused', 'disabled')),
  ADD COLUMN failures integer NOT NULL DEFAULT 0,
  ADD COLUMN last_status smallint,
  ADD COLUMN last_error text,
  ADD COLUMN next_attempt_at timestamptz,
  -- Requests under way, as they were said last.
  ADD COLUMN in_flight integer NOT NULL DEFAULT 0;

-- Batches that were composed: each is sent as it is until it is settled. Those that the cursor has passed are needless.
CREATE TABLE batches (
  endpoint_id text NOT NULL,
  first bigint NOT NULL,
  last bigint NOT NULL,
  is_split boolean NOT NULL,
  PRIMARY KEY (endpoint_id, first)
);
