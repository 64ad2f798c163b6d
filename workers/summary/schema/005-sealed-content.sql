-- Up Migration

-- What is said of a client's images is encrypted with the client's own key, which is in no database: erasing the key erases
-- all of it. Rows from before stay as they are, in the former columns, until retention removes them.

-- A digest, since two encryptions of one token cannot be compared: of two tokens of the same time the greater one counts.
ALTER TABLE transactions
  ALTER COLUMN token DROP NOT NULL,
  ADD COLUMN sealed_token bytea,
  ADD COLUMN token_digest bytea;

ALTER TABLE messages ALTER COLUMN content DROP NOT NULL, ADD COLUMN sealed bytea;
ALTER TABLE face_templates ALTER COLUMN vector DROP NOT NULL, ADD COLUMN sealed bytea;
ALTER TABLE summaries ADD COLUMN sealed bytea;

-- Down Migration

-- Refused where there are rows that only their clients' keys can read.
ALTER TABLE summaries DROP COLUMN sealed;
ALTER TABLE face_templates ALTER COLUMN vector SET NOT NULL, DROP COLUMN sealed;
ALTER TABLE messages ALTER COLUMN content SET NOT NULL, DROP COLUMN sealed;
ALTER TABLE transactions ALTER COLUMN token SET NOT NULL, DROP COLUMN sealed_token, DROP COLUMN token_digest;
