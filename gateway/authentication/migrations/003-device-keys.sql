-- Public keys of devices: who signs with one is the client (RFC 7523).
CREATE TABLE device_keys (
  client_id text NOT NULL REFERENCES clients ON DELETE CASCADE,
  kid text NOT NULL,
  jwk jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, kid)
);

-- Assertions that were used: each counts once. A row is needless when its assertion has expired.
CREATE TABLE used_assertions (
  client_id text NOT NULL REFERENCES clients ON DELETE CASCADE,
  jti text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (client_id, jti)
);

CREATE INDEX used_assertions_expired ON used_assertions (expires_at);
