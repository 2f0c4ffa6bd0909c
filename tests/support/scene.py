"""One whole installation: a database, a simulated Magento, amsync and a simulated Acumatica."""

import contextlib

from support.acumatica import Acumatica
from support.magento import TOKEN, Magento
from support.push import Destination, Dispatcher
from support.service import Amsync
from support.waiting import wait_until

# Work that is due later than this is an hourly look, not something under way.
HOURLY_S = 600

IN_WORK = f"""
    SELECT (SELECT count(*) FROM amsync.intake_queue)
         + (SELECT count(*) FROM amsync.work
            WHERE claim IS NOT NULL OR due_at < clock_timestamp() + interval '{HOURLY_S} s')
"""

# An hour's waiting is over.
HOUR_PASSES = """
    UPDATE amsync.work SET due_at = clock_timestamp(), turn_at = clock_timestamp()
    WHERE due_at > clock_timestamp() RETURNING sales_order_id
"""


def settings_for(postgres, database, magento, **more):
    """With short waits for Magento, so that faults pass quickly."""
    return {
        "AMSYNC_DATABASE_URL": postgres.uri(database),
        "AMSYNC_MAGENTO_URL": magento.url,
        "AMSYNC_MAGENTO_TOKEN": TOKEN,
        "AMSYNC_MAGENTO_TIMEOUT_MS": "1500",
        "AMSYNC_MAGENTO_QUIET_MS": "1500",
        "AMSYNC_SETTLE_MS": "50",
        **more,
    }


def add_mappings(amsync):
    """What the orders of the tests need."""
    amsync.command("map", "shipping", "set", "UPSGROUND", "flatrate_flatrate",
                   "--title", "UPS Ground", "--carrier", "ups")
    amsync.command("map", "payment", "set", "CHECK", "checkmo")


class Scene:
    """`with Scene(...) as scene:` has all programs but amsync running; `scene.start()` starts it.

    `template` is a migrated database with the mappings that the tests' orders need; `program` is
    what runs as amsync, by default the one that was built.
    """

    def __init__(self, postgres, template, log_folder, magento_arguments=(), program=None,
                 **settings):
        self.postgres = postgres
        self.log_folder = log_folder
        self._template = template
        self._magento_arguments = magento_arguments
        self._program = program
        self._settings = settings
        self._closing = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._open()
        except BaseException:
            self._closing.close()
            raise
        return self

    def _open(self):
        self.database = self.postgres.create_database(self._template)
        self._closing.callback(self.postgres.drop_database, self.database)
        self.magento = self._closing.enter_context(
            Magento(self.log_folder, self._magento_arguments))
        self.amsync = Amsync(
            settings_for(self.postgres, self.database, self.magento, **self._settings),
            self.log_folder, self._program)
        self._closing.callback(self.amsync.close)
        self.acumatica = self.acumatica_of("MyStore")

    def __exit__(self, *_):
        self._closing.close()

    def start(self):
        self.amsync.start()
        return self

    def acumatica_of(self, company, **options):
        """Another tenant, which sends at once; AMSYNC_COMPANIES must allow it."""
        dispatcher = Dispatcher(Destination(self.amsync.url, self.amsync.secret), timeout_s=30)
        return Acumatica(company, dispatcher, deliver_at_once=True, **options)

    # --- what is in the database

    def rows(self, statement, parameters=()):
        with self.postgres.connect(self.database) as connection:
            return connection.execute(statement, parameters).fetchall()

    def value(self, statement, parameters=()):
        return self.rows(statement, parameters)[0][0]

    def let_an_hour_pass(self):
        """What is looked at each hour, or in an hour, is looked at now."""
        self.rows(HOUR_PASSES)
        self.settle()

    def settle(self, deadline_s=60.0):
        """Waits until nothing is queued, in work or to be tried again soon."""
        wait_until(lambda: self.value(IN_WORK) == 0, lambda: "nothing in work; there is "
                   f"{self.rows('TABLE amsync.work')}\n{self.tail()}", deadline_s)

    def require_at_rest(self):
        """Nothing that a stopped or crashed program might have left."""
        assert self.value("SELECT count(*) FROM amsync.intake_queue") == 0
        assert self.rows("SELECT * FROM amsync.work WHERE claim IS NOT NULL"
                         " OR lease_until IS NOT NULL OR crashes <> 0 OR alone") == []
        assert self.value(IN_WORK) == 0

    # --- what people see

    def lines(self, *arguments):
        return self.amsync.log_lines("--limit", 100000, *arguments)

    def messages(self, number, *statuses):
        """What the connector log says of an order, of all statuses or of these."""
        number = getattr(number, "number", number)
        return [line["message"] for line in self.lines("--order", number)
                if not statuses or line["status"] in statuses]

    def wait_for_message(self, number, part):
        """Waits until the log of an order has a message with that in it, and returns it."""
        return wait_until(
            lambda: next((text for text in self.messages(number) if part in text), None),
            lambda: f"a message with {part!r}; there are {self.messages(number)}", 60.0)

    def tail(self, count=40):
        return "\n".join(line["message"] for line in self.lines()[-count:])

    def shown(self, order):
        """The only Magento order of an order of Acumatica, from the ledger."""
        company = getattr(order, "company", "MyStore")
        return self.magento.order(ext_order_id=f"{company}/{order.type}/{order.number}")

    def is_shown(self, order, company="MyStore"):
        return self.magento.orders(ext_order_id=f"{company}/{order.type}/{order.number}") != []

    def state(self, order):
        return self.amsync.order(order.type, order.number)
