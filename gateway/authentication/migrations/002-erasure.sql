-- A client that was erased keeps its name, so that nobody gets it again, and nothing else.
ALTER TABLE clients ADD COLUMN erased_at timestamptz;
