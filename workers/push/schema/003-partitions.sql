-- Time partitions. Positions come from one sequence, and a partition holds those of one slot: slot n has the positions from
-- n * 2^36 on. Opening the next slot moves the sequence there, so that positions grow whatever the clock does. What is there
-- already becomes slot 0, where it lies; this reads it once, to check it and to build an index.

CREATE TABLE slots (
  slot integer PRIMARY KEY,
  opened_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  -- From then on nothing is written there: what was not delivered is noted in `expired`, and the partitions are dropped.
  expired_at timestamptz
);

INSERT INTO slots (slot) VALUES (0);

CREATE SEQUENCE delivery_positions;
SELECT setval('delivery_positions', last_value, is_called) FROM deliveries_position_seq;

ALTER TABLE deliveries RENAME TO deliveries_0;
ALTER TABLE deliveries_0 RENAME CONSTRAINT deliveries_pkey TO deliveries_0_pkey;
ALTER TABLE deliveries_0
  ALTER COLUMN position DROP IDENTITY,
  ALTER COLUMN body DROP NOT NULL,
  -- Copies are found by the message, in every slot that may have one: see `appendDeliveries`.
  DROP CONSTRAINT deliveries_endpoint_id_message_id_key,
  -- A replay has no body: it refers to the position of the message itself, and says how large that is.
  ADD COLUMN replay_of bigint,
  ADD COLUMN body_bytes integer;

CREATE TABLE deliveries (LIKE deliveries_0 INCLUDING DEFAULTS INCLUDING STORAGE, PRIMARY KEY (endpoint_id, position))
  PARTITION BY RANGE (position);
ALTER TABLE deliveries ALTER COLUMN position SET DEFAULT nextval('delivery_positions');
-- Of the message alone: with the endpoint's id it would be another way to read an endpoint's queue, and now and then a bad one.
-- Of all rows: one of some rows may be read as a whole, where a plan is made while a partition is empty.
CREATE INDEX deliveries_message ON deliveries (message_id);
-- An operator asks for a transaction. Its messages come together, and share one entry.
CREATE INDEX deliveries_correlation ON deliveries (correlation_id);
ALTER TABLE deliveries ATTACH PARTITION deliveries_0 FOR VALUES FROM (0) TO (68719476736);

-- How messages left the queue; one that has no row here is pending. How a replay ended stands with the message itself.
ALTER TABLE outcomes RENAME TO outcomes_0;
ALTER TABLE outcomes_0 RENAME CONSTRAINT outcomes_pkey TO outcomes_0_pkey;
DROP INDEX outcomes_dead, outcomes_settled;
ALTER TABLE outcomes_0
  DROP CONSTRAINT outcomes_state_check,
  -- Refused, and in the hands of its own workflow; ended; waiting in the queue once more; a replay's own row.
  ADD CONSTRAINT outcomes_state_check CHECK
    (state IN ('delivered', 'retrying', 'dead', 'dropped', 'expired', 'requeued', 'replayed')),
  -- The last attempt; absent where there was none. `reason` is a stable word, or what an operator said.
  ADD COLUMN attempted_at timestamptz,
  ADD COLUMN duration_ms integer,
  ADD COLUMN address text,
  ADD COLUMN answer text,
  -- The message's workflow was started.
  ADD COLUMN started boolean NOT NULL DEFAULT false;

-- Attempts that did not deliver; the one that did is with the outcome.
CREATE TABLE attempts (
  endpoint_id text NOT NULL,
  -- Of the message itself.
  position bigint NOT NULL,
  -- The remainder of the number by 20: the twenty-first takes the place of the first.
  place smallint NOT NULL,
  -- From 1 for each message.
  number integer NOT NULL,
  attempted_at timestamptz NOT NULL,
  duration_ms integer NOT NULL,
  status smallint,
  error text,
  address text,
  answer text,
  PRIMARY KEY (endpoint_id, position, place)
) PARTITION BY RANGE (position);

CREATE TABLE attempts_0 PARTITION OF attempts FOR VALUES FROM (0) TO (68719476736);

-- There was one attempt of each message that is dead.
INSERT INTO attempts (endpoint_id, position, place, number, attempted_at, duration_ms, status, error)
SELECT endpoint_id, position, 1, 1, settled_at, 0, status, reason FROM outcomes_0 WHERE state = 'dead';

ALTER TABLE outcomes_0 DROP COLUMN attempts;
CREATE TABLE outcomes
  (LIKE outcomes_0 INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (endpoint_id, position))
  PARTITION BY RANGE (position);
CREATE INDEX outcomes_retrying ON outcomes (started, endpoint_id, position) WHERE state = 'retrying';
CREATE INDEX outcomes_failed ON outcomes (endpoint_id, state, position) WHERE state IN ('dead', 'dropped');
ALTER TABLE outcomes ATTACH PARTITION outcomes_0 FOR VALUES FROM (0) TO (68719476736);

-- What retention has removed undelivered.
CREATE TABLE expired (
  endpoint_id text NOT NULL,
  -- When: a position of the same sequence, so that these are kept for as long as a message from then.
  noted bigint NOT NULL DEFAULT nextval('delivery_positions'),
  position bigint NOT NULL,
  message_id text NOT NULL,
  type text NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL,
  -- Before it expired.
  state text NOT NULL,
  attempts integer NOT NULL,
  last_status smallint,
  last_error text,
  expired_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (endpoint_id, noted)
) PARTITION BY RANGE (noted);

CREATE INDEX expired_message ON expired (message_id);

CREATE TABLE expired_0 PARTITION OF expired FOR VALUES FROM (0) TO (68719476736);
