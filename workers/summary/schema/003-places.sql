-- Up Migration

-- One row per partition that is read: how far its records are in this journal. It is written with them, in one
-- transaction, so that a journal and its places always belong together, whatever backup they come from.
CREATE TABLE places (
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  -- When the newest record before it was written: a topic that was made anew has only newer ones.
  newest_at timestamptz NOT NULL,
  -- Transactions whose workflows have not been told yet of records before it: [{"clientId", "correlationId"}].
  untold jsonb NOT NULL,
  PRIMARY KEY (topic, partition)
);

-- Down Migration

DROP TABLE places;
