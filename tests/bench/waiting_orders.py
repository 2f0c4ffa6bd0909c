"""Very many orders, written into amsync's tables at once instead of being sent one by one.

They are numbered downwards from the end of the slots' range, so that orders that are sent later have
other numbers.
"""

from support.waiting import wait_until

from bench import messages
from bench.load import run_load
from bench.stand import NO_MAGENTO

LAST_NUMBER = 9_999_999_999
BATCH = 500_000

# Each statement makes the rows for the numbers generate_series gives as `n`.
ORDERS = """
    INSERT INTO amsync.sales_order (company, order_type, order_nbr, state, customer_id, ship_via,
                                    payment_method, magento_increment_id, magento_store_id,
                                    magento_entity_id)
    SELECT 'MyStore', 'SO', 'SO' || n, %(state)s, 'C' || n, 'UPSGROUND', 'CHECK',
           CASE WHEN %(published)s THEN 'ACU-SO-SO' || n END, CASE WHEN %(published)s THEN 1 END,
           CASE WHEN %(published)s THEN n END
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
DOCUMENTS = """
    INSERT INTO amsync.document (sales_order_id, kind, type, number, state)
    SELECT id, 'order', 'SO', order_nbr, %(state)s FROM amsync.sales_order
    WHERE id > %(after_order)s
"""
BODIES = """
    INSERT INTO amsync.document_body (document_id, body)
    SELECT id, replace(%(body)s, %(number)s, right(number, 10))::json FROM amsync.document
    WHERE id > %(after_document)s
"""
WORK = """
    INSERT INTO amsync.work (sales_order_id, due_at, turn_at, fair_key)
    SELECT id, clock_timestamp(), clock_timestamp(), customer_id FROM amsync.sales_order
    WHERE id > %(after_order)s
"""
LOG = """
    INSERT INTO amsync.connector_log (sales_order_id, company, entity, action, status, order_type,
                                      order_nbr, document_nbr, magento_nbr, message, http_status)
    SELECT id, company, 'order', 'create', 'published', order_type, order_nbr, order_nbr,
           magento_increment_id, order_nbr || ' published as Magento order ' ||
           magento_increment_id || ' (id ' || magento_entity_id || ')', 200
    FROM amsync.sales_order WHERE id > %(after_order)s
"""


def _sample_body(stand, database):
    """The stored document of order 0, taken in by amsync itself: (json text, its number)."""
    path = messages.order().write(stand.requests)
    amsync = stand.amsync(database, NO_MAGENTO)
    amsync.command("prefs", "set", "--yes", "publishing=paused")
    amsync.start()
    try:
        run_load(amsync.url, path, first=0, count=1)
        wait_until(lambda: stand.rows(database, "SELECT FROM amsync.document_body"),
                   "the order being taken in")
    finally:
        amsync.close()
    body = stand.value(database, "SELECT body::text FROM amsync.document_body")
    with stand.postgres.connect(database) as connection:
        connection.execute("DELETE FROM amsync.sales_order")
    amsync.command("prefs", "set", "--yes", "publishing=on")
    return body, "0000000000"


def add_orders(stand, database, count, published):
    """So many orders: published ones at rest with their log lines, or such as are due now."""
    body, number = _sample_body(stand, database)
    with stand.postgres.connect(database) as connection:
        # Foreign keys and triggers hold by how the rows are made.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            last = LAST_NUMBER - start
            highest = connection.execute(
                "SELECT (SELECT coalesce(max(id), 0) FROM amsync.sales_order),"
                " (SELECT coalesce(max(id), 0) FROM amsync.document)").fetchone()
            values = {
                "state": "published" if published else "pending", "published": published,
                "first": last - size + 1, "last": last, "body": body, "number": number,
                "after_order": highest[0], "after_document": highest[1],
            }
            for statement in (ORDERS, DOCUMENTS, BODIES, LOG if published else WORK):
                connection.execute(statement, values)
        connection.execute("SET synchronous_commit = on")
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")  # which the next measurement is not to pay


def prepare(stand, database, count):
    """For Stand.database: amsync's schema with so many orders that are due."""
    stand.prepare_amsync(database)
    add_orders(stand, database, count, published=False)
