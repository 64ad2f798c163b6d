-- Up Migration

-- Operators list a client's transactions, the newest first; a client may have millions.
CREATE INDEX transactions_by_client ON transactions (client_id, changed_at);

-- Down Migration

DROP INDEX transactions_by_client;
