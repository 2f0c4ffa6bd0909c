-- Until when Magento asked not to be called for an order.
-- min_program: 0.1.0

ALTER TABLE amsync.work ADD COLUMN retry_after timestamptz;
COMMENT ON COLUMN amsync.work.retry_after IS 'Not due before, whatever is heard of the order: Magento asked for it with Retry-After. amsync retry and sync end it';
