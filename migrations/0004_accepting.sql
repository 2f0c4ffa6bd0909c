-- What was not accepted, and when nothing was, for those who look for an order that never arrived.
-- min_program: 0.1.0

ALTER TABLE amsync.heartbeat ALTER COLUMN beat_at DROP NOT NULL;
ALTER TABLE amsync.heartbeat ADD COLUMN alive_at timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN amsync.heartbeat.started_at IS 'When it was started';
COMMENT ON COLUMN amsync.heartbeat.beat_at IS 'When it last said that it accepts; NULL: not yet';
COMMENT ON COLUMN amsync.heartbeat.alive_at IS 'When it last said that it runs, whether or not it accepts';

CREATE TABLE amsync.accepting_gap (
    began_at  timestamptz PRIMARY KEY,
    ended_at  timestamptz NOT NULL
);
COMMENT ON TABLE amsync.accepting_gap IS 'When no program accepted notifications, for longer than Acumatica surely tries again';
COMMENT ON COLUMN amsync.accepting_gap.began_at IS 'The last sign of a program that accepted';
COMMENT ON COLUMN amsync.accepting_gap.ended_at IS 'The first sign of the next one';

CREATE TABLE amsync.refusal_count (
    minute        timestamptz NOT NULL,
    entity        text        NOT NULL,
    http_status   integer     NOT NULL,
    requests      bigint      NOT NULL,
    last_at       timestamptz NOT NULL,
    last_message  text        NOT NULL,
    PRIMARY KEY (minute, entity, http_status)
);
COMMENT ON TABLE amsync.refusal_count IS 'How many requests were refused, also those that left no line in the connector log';
COMMENT ON COLUMN amsync.refusal_count.minute IS 'In which minute';
COMMENT ON COLUMN amsync.refusal_count.entity IS 'order, shipment, invoice, or notification when its kind is not known';
COMMENT ON COLUMN amsync.refusal_count.http_status IS 'What was answered';
COMMENT ON COLUMN amsync.refusal_count.requests IS 'How many';
COMMENT ON COLUMN amsync.refusal_count.last_at IS 'When the last of them was counted';
COMMENT ON COLUMN amsync.refusal_count.last_message IS 'Why the last of them was refused';
