CREATE TABLE clients (
  client_id text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A secret names its own row, so that checking one costs one hash however many a client has.
CREATE TABLE secrets (
  secret_id text PRIMARY KEY,
  client_id text NOT NULL REFERENCES clients ON DELETE CASCADE,
  hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Set when another secret takes its place.
  expires_at timestamptz
);

CREATE INDEX secrets_of_client ON secrets (client_id);
