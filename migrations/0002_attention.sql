-- What needs attention can be counted without reading all documents.
-- min_program: 0.1.0

-- An index of document by its state would end HOT updates of every document, also of those that are
-- never in trouble. A trigger that does nothing for them keeps this table instead. What was there before
-- the trigger comes with migration 7: reading all documents takes too long for the lock that a trigger needs.
CREATE TABLE amsync.attention (
    document_id     bigint  PRIMARY KEY REFERENCES amsync.document ON DELETE CASCADE,
    sales_order_id  bigint  NOT NULL,
    state           text    NOT NULL CHECK (state IN ('waiting', 'retrying', 'failed')),
    attempts        integer NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX attention_state ON amsync.attention (state, sales_order_id);
COMMENT ON TABLE amsync.attention IS 'The documents that are waiting, retrying or failed, so that they can be counted; kept by a trigger of document';
COMMENT ON COLUMN amsync.attention.document_id IS 'The document';
COMMENT ON COLUMN amsync.attention.sales_order_id IS 'document.sales_order_id';
COMMENT ON COLUMN amsync.attention.state IS 'document.state';
COMMENT ON COLUMN amsync.attention.attempts IS 'document.attempts';

CREATE FUNCTION amsync.keep_attention() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('waiting', 'retrying', 'failed') THEN
        INSERT INTO amsync.attention (document_id, sales_order_id, state, attempts)
        VALUES (NEW.id, NEW.sales_order_id, NEW.state, NEW.attempts)
        ON CONFLICT (document_id) DO UPDATE
        SET state = excluded.state, attempts = excluded.attempts;
    ELSE
        DELETE FROM amsync.attention WHERE document_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION amsync.keep_attention() IS 'Keeps attention as document is';

CREATE TRIGGER document_attention AFTER UPDATE OF state, attempts ON amsync.document
    FOR EACH ROW
    WHEN (OLD.state IN ('waiting', 'retrying', 'failed')
          OR NEW.state IN ('waiting', 'retrying', 'failed'))
    EXECUTE FUNCTION amsync.keep_attention();
