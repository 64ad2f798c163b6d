-- The journal of push: what is to be delivered to whom, and how far that has come.

CREATE TABLE endpoints (
  endpoint_id text PRIMARY KEY,
  client_id text NOT NULL,
  -- Shown to operators. The URL itself may hold a secret.
  host text NOT NULL,
  -- URL and secret, encrypted with the key of this service.
  sealed bytea NOT NULL,
  settings jsonb NOT NULL,
  -- Keyed digest of everything that a token says of the endpoint.
  fingerprint text NOT NULL,
  -- Of the token that the settings are from: an older one never replaces them.
  token_issued_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  -- True from the append that finds it clear until a delivery finds nothing left; both under this row's lock.
  awake boolean NOT NULL DEFAULT false,
  -- Counts the times that it was set, and up to which of them the workflow was signalled.
  wake_generation bigint NOT NULL DEFAULT 0,
  signalled_generation bigint NOT NULL DEFAULT 0,
  woken_at timestamptz,
  signalled_at timestamptz
);

CREATE INDEX endpoints_awake ON endpoints (endpoint_id) WHERE awake;

-- No foreign keys: every append writes the endpoint first, and their checks would wait for its lock.
CREATE TABLE deliveries (
  endpoint_id text NOT NULL,
  -- Assigned under the lock of the endpoint's row: within an endpoint positions become visible in their order.
  position bigint GENERATED ALWAYS AS IDENTITY,
  message_id text NOT NULL,
  type text NOT NULL,
  correlation_id text NOT NULL,
  image_id text NOT NULL,
  traceparent text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  body text NOT NULL,
  PRIMARY KEY (endpoint_id, position),
  -- A second copy of a message is refused.
  UNIQUE (endpoint_id, message_id)
);

-- Most large bodies are base64 of JPEG: compressing them costs time and gains nothing.
ALTER TABLE deliveries ALTER COLUMN body SET STORAGE EXTERNAL;

-- Apart from the endpoints, so that deliveries and appends do not wait for each other's locks.
CREATE TABLE cursors (
  endpoint_id text PRIMARY KEY,
  -- Everything up to here, itself included, is settled.
  position bigint NOT NULL,
  -- The delivery that may move it: a later one takes it over.
  owner text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- How messages ended; one that has no row here is pending.
CREATE TABLE outcomes (
  endpoint_id text NOT NULL,
  position bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('delivered', 'dead')),
  status smallint,
  reason text,
  attempts integer NOT NULL,
  settled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (endpoint_id, position)
);

CREATE INDEX outcomes_dead ON outcomes (endpoint_id, position) WHERE state = 'dead';
