CREATE TABLE clients (
  client_id text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  suspended_at timestamptz,
  -- Both encrypted with a key outside of the database.
  webhook_secret text NOT NULL,
  webhook_secret_key text NOT NULL,
  webhook_public_key text NOT NULL
);

CREATE TABLE grants (
  client_id text NOT NULL REFERENCES clients ON DELETE CASCADE,
  claim text NOT NULL,
  -- Without the secret of a push claim, which is beside it, encrypted.
  value jsonb NOT NULL,
  secret text,
  granted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, claim)
);
