-- The documents that needed attention before migration 2 began to watch over them.
-- min_program: 0.1.0

-- Locks no table against writers, and of its rows only these, so that none of them gets well between being
-- read and being written here. What the trigger has written since stays.
INSERT INTO amsync.attention (document_id, sales_order_id, state, attempts)
SELECT id, sales_order_id, state, attempts FROM amsync.document
WHERE state IN ('waiting', 'retrying', 'failed')
FOR SHARE
ON CONFLICT (document_id) DO NOTHING;
