-- Notifications that may be what a program crashed over are taken in alone, a bounded number of times.
-- min_program: 0.1.0

ALTER TABLE amsync.intake_queue
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now();
-- The rows that there are got the time of now; a default of clock_timestamp() would have rewritten them.
ALTER TABLE amsync.intake_queue ALTER COLUMN queued_at SET DEFAULT clock_timestamp();
CREATE INDEX intake_queue_suspect ON amsync.intake_queue (due_at) WHERE attempts > 0;
COMMENT ON COLUMN amsync.intake_queue.attempts IS 'Attempts that ended without a result: the first together with others; from then on it is taken in alone';
COMMENT ON COLUMN amsync.intake_queue.due_at IS 'Where there are attempts: not tried again before';
COMMENT ON COLUMN amsync.intake_queue.queued_at IS 'Since when it is queued: since it was received, or replayed';
