-- The journal of the firehose: what each client's stream holds, in runs of messages that were appended together.

-- Time partitions: see `openSlotWhenDue`. Slots of a client's blocks grow with their offsets.
CREATE TABLE slots (
  slot integer PRIMARY KEY,
  opened_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  -- From then on nothing is written there, and the partitions are dropped.
  expired_at timestamptz
);

INSERT INTO slots (slot) VALUES (0);

-- A row for each client. An append holds its lock until it is committed, so that offsets become visible in their order.
CREATE TABLE streams (
  client_id text PRIMARY KEY,
  -- The last offset that was given to a message.
  last_offset bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE blocks (
  slot integer NOT NULL,
  client_id text NOT NULL,
  first_offset bigint NOT NULL,
  last_offset bigint NOT NULL,
  -- The messages, packed, and encrypted with the client's own key, which is in no database.
  sealed bytea NOT NULL,
  -- Whoever has read up to an offset goes on with the first block that ends after it.
  PRIMARY KEY (client_id, last_offset, slot)
) PARTITION BY LIST (slot);

-- Nobody can compress it.
ALTER TABLE blocks ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES IN (0);

-- A second copy of a message is refused.
CREATE TABLE message_ids (
  slot integer NOT NULL,
  client_id text NOT NULL,
  message_id text NOT NULL,
  PRIMARY KEY (client_id, message_id, slot)
) PARTITION BY LIST (slot);

CREATE TABLE message_ids_0 PARTITION OF message_ids FOR VALUES IN (0);
