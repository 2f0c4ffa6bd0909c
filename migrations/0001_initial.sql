-- The first schema of amsync. Times that decide (due, lease, quiet) are this server's.
-- min_program: 0.1.0

CREATE TABLE amsync.notification (
    id                   bigint GENERATED ALWAYS AS IDENTITY,
    received_on          date        NOT NULL,
    received_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind                 text        NOT NULL CHECK (kind IN ('order', 'shipment', 'invoice')),
    company              text        NOT NULL,
    query                text        NOT NULL,
    notification_id      text        NOT NULL,
    acumatica_timestamp  bigint      NOT NULL,
    body                 text        NOT NULL,
    dedup                bytea       NOT NULL,
    UNIQUE (received_on, dedup)
) PARTITION BY RANGE (received_on);
CREATE INDEX notification_id_brin ON amsync.notification USING brin (id) WITH (autosummarize = on);
COMMENT ON TABLE amsync.notification IS 'Push notifications of Acumatica, each as it was received; append-only, a partition a UTC day';
COMMENT ON COLUMN amsync.notification.id IS 'Order of arrival, roughly; shown to people, given to replay --notification';
COMMENT ON COLUMN amsync.notification.received_on IS 'UTC day of arrival, the partition key';
COMMENT ON COLUMN amsync.notification.received_at IS 'When it was stored';
COMMENT ON COLUMN amsync.notification.kind IS 'What its rows are: order, shipment or invoice';
COMMENT ON COLUMN amsync.notification.company IS 'CompanyId: the tenant of Acumatica that sent it';
COMMENT ON COLUMN amsync.notification.query IS 'Query: the name of the generic inquiry';
COMMENT ON COLUMN amsync.notification.notification_id IS 'Id: the transaction in Acumatica; several notifications may carry the same';
COMMENT ON COLUMN amsync.notification.acumatica_timestamp IS 'TimeStamp: ticks of 100 ns since 0001-01-01, later transactions have greater ones';
COMMENT ON COLUMN amsync.notification.body IS 'The request body, byte for byte';
COMMENT ON COLUMN amsync.notification.dedup IS 'SHA-256 of kind and body; a second arrival on the same day is a duplicate';

CREATE TABLE amsync.intake_queue (
    id           bigint PRIMARY KEY,
    received_on  date   NOT NULL,
    dedup        bytea  NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE amsync.intake_queue IS 'Notifications whose rows are not merged into documents yet';
COMMENT ON COLUMN amsync.intake_queue.id IS 'notification.id';
COMMENT ON COLUMN amsync.intake_queue.received_on IS 'notification.received_on';
COMMENT ON COLUMN amsync.intake_queue.dedup IS 'notification.dedup, which with received_on finds the row';

CREATE TABLE amsync.sales_order (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop                  text        NOT NULL DEFAULT 'default',
    company               text        NOT NULL,
    order_type            text        NOT NULL,
    order_nbr             text        NOT NULL,
    magento_increment_id  text,
    magento_store_id      integer,
    magento_entity_id     bigint,
    number_may_differ     boolean     NOT NULL DEFAULT false,
    forced                boolean     NOT NULL DEFAULT false,
    held_by_amsync        boolean     NOT NULL DEFAULT false,
    sent                  json,
    state                 text        NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'published', 'skipped', 'waiting', 'retrying', 'failed')),
    reason                text        NOT NULL DEFAULT '',
    customer_id           text,
    ship_via              text,
    payment_method        text,
    first_seen_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (shop, company, order_type, order_nbr)
) WITH (fillfactor = 75);
CREATE INDEX sales_order_nbr ON amsync.sales_order (order_nbr);
CREATE INDEX sales_order_increment_id ON amsync.sales_order (magento_increment_id)
    WHERE magento_increment_id IS NOT NULL;
COMMENT ON TABLE amsync.sales_order IS 'One row per order of Acumatica, whether its own notification or only its shipment''s has come: the Acumatica-Magento numbers';
COMMENT ON COLUMN amsync.sales_order.id IS 'Key within amsync';
COMMENT ON COLUMN amsync.sales_order.shop IS 'Which Magento; one so far';
COMMENT ON COLUMN amsync.sales_order.company IS 'Tenant of Acumatica';
COMMENT ON COLUMN amsync.sales_order.order_type IS 'Order type in Acumatica, such as SO';
COMMENT ON COLUMN amsync.sales_order.order_nbr IS 'Order number in Acumatica';
COMMENT ON COLUMN amsync.sales_order.magento_increment_id IS 'Order number in Magento; fixed before the first create and not computed again';
COMMENT ON COLUMN amsync.sales_order.magento_store_id IS 'Store view of Magento, fixed with the number';
COMMENT ON COLUMN amsync.sales_order.magento_entity_id IS 'Magento''s key of the order; NULL until Magento has it';
COMMENT ON COLUMN amsync.sales_order.number_may_differ IS 'An earlier create may have used another number: look by ext_order_id before creating';
COMMENT ON COLUMN amsync.sales_order.forced IS 'A person passed the conditions by (sync --force)';
COMMENT ON COLUMN amsync.sales_order.held_by_amsync IS 'The hold in Magento is ours, so releasing it is too';
COMMENT ON COLUMN amsync.sales_order.sent IS 'What Magento was last told of lines, totals, addresses and ship via, to see later changes';
COMMENT ON COLUMN amsync.sales_order.state IS 'State of the order itself; its shipments and invoices have their own';
COMMENT ON COLUMN amsync.sales_order.reason IS 'Why it is in that state, for a person';
COMMENT ON COLUMN amsync.sales_order.customer_id IS 'From the order, so that enabling a customer finds its orders';
COMMENT ON COLUMN amsync.sales_order.ship_via IS 'From the order, so that a new shipping mapping finds the orders that wait for it';
COMMENT ON COLUMN amsync.sales_order.payment_method IS 'From the order, so that a new payment mapping finds the orders that wait for it';
COMMENT ON COLUMN amsync.sales_order.first_seen_at IS 'When its first notification was taken in';
COMMENT ON COLUMN amsync.sales_order.updated_at IS 'When this row last changed';

CREATE TABLE amsync.work (
    sales_order_id  bigint      PRIMARY KEY REFERENCES amsync.sales_order ON DELETE CASCADE,
    due_at          timestamptz NOT NULL,
    turn_at         timestamptz NOT NULL,
    quiet_until     timestamptz,
    revision        bigint      NOT NULL DEFAULT 1,
    claim           uuid,
    lease_until     timestamptz,
    crashes         integer     NOT NULL DEFAULT 0,
    alone           boolean     NOT NULL DEFAULT false,
    lane            smallint    NOT NULL DEFAULT 0 CHECK (lane IN (0, 1)),
    fair_key        text        NOT NULL DEFAULT ''
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX work_turn ON amsync.work (lane, turn_at);
CREATE INDEX work_due ON amsync.work (lane, due_at);
CREATE INDEX work_fair ON amsync.work (fair_key, turn_at);
CREATE INDEX work_crashed ON amsync.work (due_at) WHERE crashes > 0;
COMMENT ON TABLE amsync.work IS 'The orders that have something to do, and who is doing it';
COMMENT ON COLUMN amsync.work.sales_order_id IS 'The order';
COMMENT ON COLUMN amsync.work.due_at IS 'Not looked at before';
COMMENT ON COLUMN amsync.work.turn_at IS 'Its place in the queue: a customer''s further orders stand behind other customers'' first ones';
COMMENT ON COLUMN amsync.work.quiet_until IS 'Nothing is done before: a call of unknown outcome may still take effect, or the other half of a change arrive';
COMMENT ON COLUMN amsync.work.revision IS 'Raised by whatever makes the order due; an outcome of an older revision leaves it due';
COMMENT ON COLUMN amsync.work.claim IS 'Who works on it; an outcome without this id is dropped';
COMMENT ON COLUMN amsync.work.lease_until IS 'The claim ends then, without renewal';
COMMENT ON COLUMN amsync.work.crashes IS 'Claims that ended without an outcome; counted on only while alone';
COMMENT ON COLUMN amsync.work.alone IS 'The running claim handles this order alone in its process';
COMMENT ON COLUMN amsync.work.lane IS '0: not yet in Magento; 1: everything else';
COMMENT ON COLUMN amsync.work.fair_key IS 'Tenant and customer';

CREATE TABLE amsync.document (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sales_order_id        bigint  NOT NULL REFERENCES amsync.sales_order ON DELETE CASCADE,
    kind                  text    NOT NULL CHECK (kind IN ('order', 'shipment', 'invoice')),
    type                  text    NOT NULL,
    number                text    NOT NULL,
    version               bigint  NOT NULL DEFAULT 1,
    state                 text    NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'published', 'skipped', 'waiting', 'retrying', 'failed')),
    reason                text    NOT NULL DEFAULT '',
    attempts              integer NOT NULL DEFAULT 0,
    magento_entity_id     bigint,
    magento_increment_id  text,
    settled               text    CHECK (settled IN ('done', 'ignored')),
    settled_note          text,
    warehouses            text[]  NOT NULL DEFAULT '{}',
    UNIQUE (sales_order_id, kind, type, number)
) WITH (fillfactor = 75);
CREATE INDEX document_number ON amsync.document (number);
COMMENT ON TABLE amsync.document IS 'The order itself, each shipment''s part for it, each invoice''s part for it';
COMMENT ON COLUMN amsync.document.id IS 'Key within amsync';
COMMENT ON COLUMN amsync.document.sales_order_id IS 'The order it belongs to';
COMMENT ON COLUMN amsync.document.kind IS 'order, shipment or invoice';
COMMENT ON COLUMN amsync.document.type IS 'Order type or invoice type in Acumatica (SO, Invoice, Credit Memo ...); empty for a shipment';
COMMENT ON COLUMN amsync.document.number IS 'OrderNbr, ShipmentNbr or ReferenceNbr';
COMMENT ON COLUMN amsync.document.version IS 'Raised when its contents change';
COMMENT ON COLUMN amsync.document.state IS 'What has become of it in Magento';
COMMENT ON COLUMN amsync.document.reason IS 'Why it is in that state, for a person';
COMMENT ON COLUMN amsync.document.attempts IS 'Failed attempts since this version';
COMMENT ON COLUMN amsync.document.magento_entity_id IS 'Magento''s key of the shipment or invoice';
COMMENT ON COLUMN amsync.document.magento_increment_id IS 'Magento''s number of the shipment or invoice, where it was read';
COMMENT ON COLUMN amsync.document.settled IS 'A person settled what it waited for: it is done in Magento, or to be ignored';
COMMENT ON COLUMN amsync.document.settled_note IS 'What the person wrote';
COMMENT ON COLUMN amsync.document.warehouses IS 'Warehouses that its lines name, so that the list of mappings can show those without one';

CREATE TABLE amsync.document_body (
    document_id  bigint PRIMARY KEY REFERENCES amsync.document ON DELETE CASCADE,
    body         json   NOT NULL
);
COMMENT ON TABLE amsync.document_body IS 'The newest known contents of a document, merged from notifications';
COMMENT ON COLUMN amsync.document_body.document_id IS 'The document';
COMMENT ON COLUMN amsync.document_body.body IS 'Header and rows, each with the TimeStamp that last wrote it; removed rows stay as tombstones';

CREATE TABLE amsync.order_line (
    sales_order_id   bigint  NOT NULL REFERENCES amsync.sales_order ON DELETE CASCADE,
    line_nbr         integer NOT NULL,
    magento_item_id  bigint  NOT NULL,
    PRIMARY KEY (sales_order_id, line_nbr)
);
COMMENT ON TABLE amsync.order_line IS 'Which item of the Magento order is which line of the Acumatica order';
COMMENT ON COLUMN amsync.order_line.sales_order_id IS 'The order';
COMMENT ON COLUMN amsync.order_line.line_nbr IS 'LineNbr in Acumatica';
COMMENT ON COLUMN amsync.order_line.magento_item_id IS 'order_item_id in Magento';

CREATE TABLE amsync.connector_log (
    id              bigint GENERATED ALWAYS AS IDENTITY,
    logged_on       date        NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')::date,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    sales_order_id  bigint,
    company         text,
    entity          text        NOT NULL,
    action          text        NOT NULL,
    status          text        NOT NULL,
    order_type      text,
    order_nbr       text,
    document_nbr    text,
    magento_nbr     text,
    message         text        NOT NULL,
    http_status     integer,
    attempt         integer,
    duration_ms     integer,
    request_body    text,
    answer_body     text,
    PRIMARY KEY (logged_on, id)
) PARTITION BY RANGE (logged_on);
CREATE INDEX connector_log_order_nbr ON amsync.connector_log (order_nbr, id)
    WHERE order_nbr IS NOT NULL;
COMMENT ON TABLE amsync.connector_log IS 'What happened to every notification and document, in a merchant''s words; append-only, a partition a UTC day';
COMMENT ON COLUMN amsync.connector_log.id IS 'Order of writing';
COMMENT ON COLUMN amsync.connector_log.logged_on IS 'UTC day, the partition key';
COMMENT ON COLUMN amsync.connector_log.at IS 'When';
COMMENT ON COLUMN amsync.connector_log.sales_order_id IS 'The order, where there is one; no foreign key, so that the log outlives it';
COMMENT ON COLUMN amsync.connector_log.company IS 'Tenant of Acumatica';
COMMENT ON COLUMN amsync.connector_log.entity IS 'order, shipment, invoice, notification or service';
COMMENT ON COLUMN amsync.connector_log.action IS 'receive, decide, create, link, hold, unhold, cancel, comment, ship, track or invoice';
COMMENT ON COLUMN amsync.connector_log.status IS 'A state (pending, published, skipped, waiting, retrying, failed), or received, duplicate, superseded, unchanged, refused';
COMMENT ON COLUMN amsync.connector_log.order_type IS 'Order type in Acumatica';
COMMENT ON COLUMN amsync.connector_log.order_nbr IS 'Order number in Acumatica';
COMMENT ON COLUMN amsync.connector_log.document_nbr IS 'Number of the shipment or invoice in Acumatica';
COMMENT ON COLUMN amsync.connector_log.magento_nbr IS 'Number in Magento';
COMMENT ON COLUMN amsync.connector_log.message IS 'One sentence for a person';
COMMENT ON COLUMN amsync.connector_log.http_status IS 'What Magento answered, or what amsync answered to Acumatica';
COMMENT ON COLUMN amsync.connector_log.attempt IS 'Which attempt, from 1';
COMMENT ON COLUMN amsync.connector_log.duration_ms IS 'How long Magento took';
COMMENT ON COLUMN amsync.connector_log.request_body IS 'What was sent to Magento, if AMSYNC_LOG_BODIES says so';
COMMENT ON COLUMN amsync.connector_log.answer_body IS 'What Magento answered, if AMSYNC_LOG_BODIES says so';

CREATE TABLE amsync.preference (
    shop        text        NOT NULL DEFAULT 'default',
    company     text        NOT NULL DEFAULT '',
    key         text        NOT NULL,
    value       text        NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (shop, company, key)
);
COMMENT ON TABLE amsync.preference IS 'The A-M order sync preferences that differ from their defaults';
COMMENT ON COLUMN amsync.preference.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.preference.company IS 'Tenant it holds for; empty: all';
COMMENT ON COLUMN amsync.preference.key IS 'Its name, as prefs shows it';
COMMENT ON COLUMN amsync.preference.value IS 'Its value, as prefs shows it';
COMMENT ON COLUMN amsync.preference.changed_at IS 'When it was set';

CREATE TABLE amsync.shipping_mapping (
    shop      text NOT NULL DEFAULT 'default',
    ship_via  text NOT NULL,
    method    text NOT NULL,
    title     text,
    carrier   text,
    PRIMARY KEY (shop, ship_via)
);
COMMENT ON TABLE amsync.shipping_mapping IS 'Ship via of Acumatica to shipping method of Magento';
COMMENT ON COLUMN amsync.shipping_mapping.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.shipping_mapping.ship_via IS 'Ship via; * is the default';
COMMENT ON COLUMN amsync.shipping_mapping.method IS 'carrier_method, such as flatrate_flatrate';
COMMENT ON COLUMN amsync.shipping_mapping.title IS 'What the shop shows; NULL: the ship via itself';
COMMENT ON COLUMN amsync.shipping_mapping.carrier IS 'Carrier code of its tracking numbers; NULL: custom';

CREATE TABLE amsync.payment_mapping (
    shop            text NOT NULL DEFAULT 'default',
    payment_method  text NOT NULL,
    code            text NOT NULL,
    PRIMARY KEY (shop, payment_method)
);
COMMENT ON TABLE amsync.payment_mapping IS 'Payment method of Acumatica to payment code of Magento';
COMMENT ON COLUMN amsync.payment_mapping.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.payment_mapping.payment_method IS 'Payment method; * is the default';
COMMENT ON COLUMN amsync.payment_mapping.code IS 'Payment code, such as checkmo or purchaseorder';

CREATE TABLE amsync.warehouse_mapping (
    shop       text NOT NULL DEFAULT 'default',
    warehouse  text NOT NULL,
    source     text NOT NULL,
    PRIMARY KEY (shop, warehouse)
);
COMMENT ON TABLE amsync.warehouse_mapping IS 'Warehouse of Acumatica to inventory source of Magento';
COMMENT ON COLUMN amsync.warehouse_mapping.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.warehouse_mapping.warehouse IS 'Warehouse; * is the default';
COMMENT ON COLUMN amsync.warehouse_mapping.source IS 'source_code';

CREATE TABLE amsync.customer (
    shop         text        NOT NULL DEFAULT 'default',
    company      text        NOT NULL,
    customer_id  text        NOT NULL,
    enabled      boolean     NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (shop, company, customer_id)
);
COMMENT ON TABLE amsync.customer IS 'Customers whose orders are to be synced';
COMMENT ON COLUMN amsync.customer.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.customer.company IS 'Tenant of Acumatica';
COMMENT ON COLUMN amsync.customer.customer_id IS 'CustomerID in Acumatica';
COMMENT ON COLUMN amsync.customer.enabled IS 'Enabled for sync';
COMMENT ON COLUMN amsync.customer.changed_at IS 'When it was set';

CREATE TABLE amsync.field_mapping (
    shop     text NOT NULL DEFAULT 'default',
    kind     text NOT NULL CHECK (kind IN ('order', 'shipment', 'invoice')),
    caption  text NOT NULL,
    field    text NOT NULL,
    PRIMARY KEY (shop, kind, caption)
);
COMMENT ON TABLE amsync.field_mapping IS 'A merchant''s own column captions, besides those that amsync understands by itself';
COMMENT ON COLUMN amsync.field_mapping.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.field_mapping.kind IS 'Kind of the inquiry: order, shipment or invoice';
COMMENT ON COLUMN amsync.field_mapping.caption IS 'The column''s caption, compared without case, spaces and punctuation';
COMMENT ON COLUMN amsync.field_mapping.field IS 'The field it stands for, such as UnpaidBalance';

CREATE TABLE amsync.rules_version (
    shop     text   PRIMARY KEY DEFAULT 'default',
    version  bigint NOT NULL DEFAULT 1
);
INSERT INTO amsync.rules_version DEFAULT VALUES;
COMMENT ON TABLE amsync.rules_version IS 'Raised by every change of preferences, mappings and field mappings, so that running programs read them again';
COMMENT ON COLUMN amsync.rules_version.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.rules_version.version IS 'Raised by one with each change';

CREATE TABLE amsync.rules_change (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop             text        NOT NULL DEFAULT 'default',
    company          text        NOT NULL DEFAULT '',
    kind             text        NOT NULL CHECK (kind IN ('preference', 'customer', 'shipping', 'payment')),
    value            text        NOT NULL,
    after_order_id   bigint      NOT NULL DEFAULT 0,
    changed_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE amsync.rules_change IS 'Changes whose affected orders are not all due yet; worked off in small batches';
COMMENT ON COLUMN amsync.rules_change.id IS 'Order of the changes';
COMMENT ON COLUMN amsync.rules_change.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.rules_change.company IS 'Tenant it concerns; empty: all';
COMMENT ON COLUMN amsync.rules_change.kind IS 'What was changed';
COMMENT ON COLUMN amsync.rules_change.value IS 'The preference''s key, the customer, the ship via or the payment method; * for a default';
COMMENT ON COLUMN amsync.rules_change.after_order_id IS 'Orders up to this id have been seen to';
COMMENT ON COLUMN amsync.rules_change.changed_at IS 'When the change was made';

CREATE TABLE amsync.heartbeat (
    instance    uuid        PRIMARY KEY,
    host        text        NOT NULL,
    program     text        NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    beat_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    stopped_at  timestamptz
);
COMMENT ON TABLE amsync.heartbeat IS 'Running and stopped programs, so that a gap in accepting can be told';
COMMENT ON COLUMN amsync.heartbeat.instance IS 'Drawn at each start';
COMMENT ON COLUMN amsync.heartbeat.host IS 'Host or container name';
COMMENT ON COLUMN amsync.heartbeat.program IS 'Version of amsync';
COMMENT ON COLUMN amsync.heartbeat.started_at IS 'When it was ready to accept';
COMMENT ON COLUMN amsync.heartbeat.beat_at IS 'When it last said that it accepts';
COMMENT ON COLUMN amsync.heartbeat.stopped_at IS 'When it stopped in good order';

CREATE TABLE amsync.magento (
    shop           text        PRIMARY KEY DEFAULT 'default',
    base_url       text        NOT NULL,
    store_code     text        NOT NULL,
    store_id       integer     NOT NULL,
    remembered_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE amsync.magento IS 'The Magento that the numbers belong to';
COMMENT ON COLUMN amsync.magento.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.magento.base_url IS 'AMSYNC_MAGENTO_URL when the first number was made';
COMMENT ON COLUMN amsync.magento.store_code IS 'AMSYNC_MAGENTO_STORE then';
COMMENT ON COLUMN amsync.magento.store_id IS 'The id that Magento gives that store view';
COMMENT ON COLUMN amsync.magento.remembered_at IS 'When';

CREATE SEQUENCE amsync.magento_number START 1;
COMMENT ON SEQUENCE amsync.magento_number IS 'Order numbers with numbering=sequence';

INSERT INTO amsync.preference (key, value)
VALUES ('orders_from', to_char((clock_timestamp() AT TIME ZONE 'UTC')::date, 'YYYY-MM-DD'));
