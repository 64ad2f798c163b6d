-- Time partitions, attempt logs, replays and batches.

-- Positions come from one sequence. A partition holds the positions of one slot: slot n has those from n * 2^36 on. Opening the
-- next slot moves the sequence there, so that positions grow whatever the clock does.
CREATE TABLE slots (
  slot integer PRIMARY KEY,
  opened_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz
);
