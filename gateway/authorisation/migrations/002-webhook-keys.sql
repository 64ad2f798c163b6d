-- Public keys of webhooks before their rotation: served until they end, since webhooks are still signed with them.
CREATE TABLE former_webhook_keys (
  client_id text NOT NULL REFERENCES clients ON DELETE CASCADE,
  public_key text NOT NULL,
  rotated_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (client_id, public_key)
);
