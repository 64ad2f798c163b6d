-- What is sent to a client, and what its endpoints have answered, is encrypted with the client's own key, which is in no
-- database: erasing the key erases all of it. Rows from before stay as they are, in the former columns, until retention
-- removes them.

ALTER TABLE deliveries ADD COLUMN sealed bytea;
-- Nobody can compress it.
ALTER TABLE deliveries ALTER COLUMN sealed SET STORAGE EXTERNAL;

ALTER TABLE attempts ADD COLUMN sealed_answer bytea;

-- URL and secret; `sealed` and `former_sealed` are those that the service's key opens, from before.
ALTER TABLE endpoints
  ALTER COLUMN sealed DROP NOT NULL,
  ADD COLUMN client_sealed bytea,
  ADD COLUMN former_client_sealed bytea;

