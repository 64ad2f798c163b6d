-- Up Migration

-- The strictest that the transaction's tokens ask for; rows from before faces were compared get the default.
ALTER TABLE transactions ADD COLUMN identity_threshold double precision NOT NULL DEFAULT 0.42;
ALTER TABLE transactions ALTER COLUMN identity_threshold DROP DEFAULT;

-- One row per face that can be compared: biometric data of people, apart from everything else, so that it can be erased.
CREATE TABLE face_templates (
  client_id text NOT NULL,
  correlation_id text NOT NULL,
  image_id text NOT NULL,
  face_index integer NOT NULL,
  -- Templates of two makers cannot be compared.
  maker text NOT NULL,
  -- A signed byte for each component.
  vector bytea NOT NULL,
  PRIMARY KEY (client_id, correlation_id, image_id, face_index)
);

-- Down Migration

DROP TABLE face_templates;
ALTER TABLE transactions DROP COLUMN identity_threshold;
