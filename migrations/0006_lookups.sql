-- What commands look for in a large database is found by an index.
-- min_program: 0.1.0

CREATE INDEX document_magento_number ON amsync.document (magento_increment_id)
    WHERE magento_increment_id IS NOT NULL AND kind <> 'order';

CREATE INDEX connector_log_trouble ON amsync.connector_log (status, logged_on, id)
    WHERE status IN ('waiting', 'retrying', 'failed', 'refused');
