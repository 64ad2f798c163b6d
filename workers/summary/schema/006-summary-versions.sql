-- Up Migration

-- The versions of the summary that a transaction's tokens ask for. Before there was one only; a process from then, still
-- running, writes it too.
ALTER TABLE transactions ADD COLUMN versions text[] NOT NULL DEFAULT '{1.0}';

-- One row per revision and version, all decided in one transaction of the database.
ALTER TABLE summaries
  ADD COLUMN version text NOT NULL DEFAULT '1.0',
  DROP CONSTRAINT summaries_pkey,
  ADD PRIMARY KEY (client_id, correlation_id, revision, version);

-- Down Migration

-- Refused where a revision has several versions.
ALTER TABLE summaries
  DROP CONSTRAINT summaries_pkey,
  ADD PRIMARY KEY (client_id, correlation_id, revision),
  DROP COLUMN version;
ALTER TABLE transactions DROP COLUMN versions;
