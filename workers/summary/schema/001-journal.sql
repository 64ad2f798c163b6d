-- Up Migration

-- One row per transaction: what all its messages say together.
CREATE TABLE transactions (
  client_id text NOT NULL,
  correlation_id text NOT NULL,
  announced integer NOT NULL,
  window_start timestamptz NOT NULL,
  window_seconds double precision NOT NULL,
  idle_seconds double precision NOT NULL,
  -- A JWE, readable by nobody but the holders of the keys; and when it came, the time for which it is verified.
  token text NOT NULL,
  token_ingested_at timestamptz NOT NULL,
  traceparent text NOT NULL,
  synthetic boolean NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, correlation_id)
);

CREATE INDEX transactions_by_change ON transactions (changed_at);

-- One row per image: what is owed and what came, both as service/version.
CREATE TABLE images (
  client_id text NOT NULL,
  correlation_id text NOT NULL,
  image_id text NOT NULL,
  expected text[] NOT NULL,
  answered text[] NOT NULL,
  PRIMARY KEY (client_id, correlation_id, image_id)
);

-- One row per vision message, without pixels; a second copy is refused by its id.
CREATE TABLE messages (
  client_id text NOT NULL,
  correlation_id text NOT NULL,
  message_id text NOT NULL,
  image_id text NOT NULL,
  service text NOT NULL,
  version text NOT NULL,
  content jsonb NOT NULL,
  PRIMARY KEY (client_id, correlation_id, message_id)
);

-- One row per revision. It outlives its transaction without its value, so that no revision's number is given twice.
CREATE TABLE summaries (
  client_id text NOT NULL,
  correlation_id text NOT NULL,
  revision integer NOT NULL,
  outcome text NOT NULL,
  -- Messages in the journal when it was decided.
  messages bigint NOT NULL,
  -- The record's value: the same bytes however often it is written.
  value bytea,
  decided_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  PRIMARY KEY (client_id, correlation_id, revision)
);

-- Down Migration

DROP TABLE summaries, messages, images, transactions;
