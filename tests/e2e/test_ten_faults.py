"""Ten things that keep an order from the shop. For each, one command tells the merchant what to do; and
after exactly that the order is there. The command is amsync order with the number that is missed, and
amsync check where what is wrong is in the settings or in Magento."""

import dataclasses
import datetime
import re
import shlex

import pytest

from support.acumatica import INQUIRIES, Acumatica, Inquiry
from support.push import Destination
from support.waiting import wait_until

# Paid in the same save, so that nothing but the fault is in the way.
LINES = [("AALEGO500", 2, "50.00")]
PAID = {"paid": 100}


@dataclasses.dataclass
class Fault:
    """`order_says` and `check_says` are parts of what `amsync order NBR` and `amsync check` write; `mend`
    does what they say, given the text of the first."""

    order: object
    mend: object
    order_says: tuple = ()
    check_says: tuple = ()


def run_what_it_says(scene, text, pattern, **replaced):
    """Runs the command in the text that the pattern finds, with values for its capital words."""
    found = re.search(pattern, text)
    assert found, text
    words = [replaced.get(word, word) for word in shlex.split(found[0])]
    assert words.pop(0) == "amsync"
    scene.amsync.command(*words)


def send_all(scene, erp=None):
    """On Process Push Notifications (SM502000)."""
    deliveries = (erp or scene.acumatica).dispatcher.send_failed_again()
    assert deliveries and all(delivery.accepted for delivery in deliveries)


def restart(scene, **settings):
    scene.amsync.stop()
    scene.amsync.settings.update(settings)
    scene.amsync.start()


def wrong_secret(scene):
    dispatcher = scene.acumatica.dispatcher
    right, dispatcher.destination = dispatcher.destination, Destination(scene.amsync.url, "old one")

    def mend(_):
        dispatcher.destination = right
        send_all(scene)
    return Fault(
        scene.acumatica.create_order(LINES, **PAID), mend,
        ("No notification for", "5 refused with 401", "from 127.0.0.1",
         "give its destination (SM302000) the secret of AMSYNC_WEBHOOK_SECRET",
         "Look at Process Push Notifications (SM502000)", "Send All sends it again"),
        ("5 refused with 401", "the secret of AMSYNC_WEBHOOK_SECRET, then press Send All"))


def unknown_tenant(scene):
    erp = scene.acumatica_of("NewStore")

    def mend(_):
        restart(scene, AMSYNC_COMPANIES="MyStore,NewStore")
        send_all(scene, erp)
    return Fault(
        erp.create_order(LINES, **PAID), mend,
        ("No notification for", "5 refused with 403",
         'CompanyId "NewStore" is not in AMSYNC_COMPANIES',
         "add it to AMSYNC_COMPANIES and start amsync serve anew", "Send All sends it again"),
        ('CompanyId "NewStore" is not in AMSYNC_COMPANIES', "then press Send All"))


def unmapped_ship_via(scene):
    def mend(text):
        run_what_it_says(scene, text, r"amsync map shipping set '[^']*' METHOD",
                         METHOD="flatrate_flatrate")
    says = ("ship via PIGEON POST has no shipping mapping",
            "amsync map shipping set 'PIGEON POST' METHOD")
    return Fault(scene.acumatica.create_order(LINES, ship_via="PIGEON POST", **PAID), mend, says, says)


def no_email_column(scene):
    def row_of(erp):
        return erp.create_order(LINES).rows()[0]
    columns = tuple(name for name in row_of(Acumatica("Other")) if "Email" not in name)
    scene.acumatica.inquiries[0] = Inquiry("AMSync-Orders", "orders", columns)
    order = scene.acumatica.create_order(LINES, **PAID)

    def mend(_):
        scene.acumatica.inquiries[0] = INQUIRIES[0]
        scene.acumatica.hold(order)
        scene.acumatica.release_from_hold(order)
    return Fault(order, mend, ("it has no e-mail address", "column Email"))


def sku_missing(scene):
    scene.magento.set(unknown_products=["AALEGO500"])

    def mend(text):
        scene.magento.set(unknown_products=[])

        # A product that was missing is looked for again after five seconds at the earliest.
        def retried():
            run_what_it_says(scene, text, r"amsync retry [A-Z0-9]+")
            scene.settle()
            return scene.magento.orders()
        wait_until(retried, "the order, once the product is there", interval_s=1)
    return Fault(scene.acumatica.create_order(LINES, **PAID), mend,
                 ("item AALEGO500 (line 1) is not a product in Magento",
                  "create a product with the SKU AALEGO500 in Magento"))


def right_missing(scene):
    scene.magento.set(without=["Magento_Sales::create"])
    screen = "Sales > Operations > Orders > Actions > Create"
    return Fault(scene.acumatica.create_order(LINES, **PAID),
                 lambda _: scene.magento.set(without=[]),
                 ("Magento's integration lacks Magento_Sales::create", "amsync check says"),
                 (f"{screen} is missing", "System > Extensions > Integrations", f"tick {screen}"))


def bearer_off(scene):
    scene.magento.set(bearer=False)
    return Fault(scene.acumatica.create_order(LINES, **PAID),
                 lambda _: scene.magento.set(bearer=True), ("amsync check says",),
                 ("Magento does not accept amsync's login at all", "switch on Stores > Configuration",
                  "Allow OAuth Access Tokens to be used as standalone Bearer tokens"))


def wrong_store(scene):
    return Fault(scene.acumatica.create_order(LINES, **PAID),
                 lambda _: restart(scene, AMSYNC_MAGENTO_STORE="default"),
                 ("Magento has no store view gone (AMSYNC_MAGENTO_STORE)", "amsync check says"),
                 ("set AMSYNC_MAGENTO_STORE to a store view's code",))


def paused(scene):
    scene.amsync.command("prefs", "set", "publishing=paused")
    says = ("publishing is paused", "amsync prefs set publishing=on")
    return Fault(scene.acumatica.create_order(LINES, **PAID),
                 lambda text: run_what_it_says(scene, text, r"amsync prefs set publishing=on"),
                 says, says)


def orders_from(scene):
    today = datetime.datetime.now(datetime.timezone.utc)
    erp = Acumatica("MyStore", scene.acumatica.dispatcher, deliver_at_once=True,
                    start=today - datetime.timedelta(days=3))
    order = erp.create_order(LINES, **PAID)
    day = order.date.strftime("%Y-%m-%d")
    return Fault(order, lambda text: run_what_it_says(scene, text,
                                                      r"amsync prefs set orders_from=[0-9-]+"),
                 (f"it is dated {day}, and orders are synced from", f"orders_from={day}"))


# What Magento has refused for lack of a right is asked for again after a minute.
A_MINUTE = pytest.mark.early
FAULTS = [wrong_secret, unknown_tenant, unmapped_ship_via, no_email_column, sku_missing,
          pytest.param(right_missing, marks=A_MINUTE), pytest.param(bearer_off, marks=A_MINUTE),
          wrong_store, paused, orders_from]
SETTINGS = {wrong_store: {"AMSYNC_MAGENTO_STORE": "gone"}}


@pytest.mark.parametrize("seed", FAULTS, ids=lambda seed: seed.__name__)
def test_one_command_explains_it_and_what_it_says_mends_it(new_scene, seed):
    scene = new_scene(**SETTINGS.get(seed, {})).start()
    fault = seed(scene)
    number = fault.order.number

    def says(parts, *command):
        text = scene.amsync.command(*command, exit_code=None).stdout
        return text if all(part in text for part in parts) else None

    def shown():
        return scene.amsync.command("order", number, exit_code=None).describe()
    text = wait_until(lambda: says(fault.order_says, "order", number), shown, 60.0)
    assert scene.magento.orders() == []
    wait_until(lambda: says(fault.check_says, "check"),
               lambda: scene.amsync.command("check", exit_code=None).describe(), 60.0)
    fault.mend(text)
    # Calls that Magento refused for lack of a right are tried again each minute.
    wait_until(lambda: len(scene.magento.orders()) == 1, shown, 180.0, 0.2)
    scene.amsync.wait_for_order(number, "published")
