-- Of an order that has long been finished only its numbers are kept.
-- min_program: 0.1.0

ALTER TABLE amsync.document ADD COLUMN reduced_at timestamptz;
COMMENT ON COLUMN amsync.document.reduced_at IS 'When its contents were deleted, its order having been finished for AMSYNC_RETENTION_DAYS; what has come since may be a part of it only';
