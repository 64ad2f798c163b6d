-- Settled messages are removed by their age.
CREATE INDEX outcomes_settled ON outcomes (settled_at);
