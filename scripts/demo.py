"""Plays the thirteen steps of an order's way; scripts/demo prepares what it needs and starts it."""

import argparse
import contextlib
import pathlib
import shlex
import signal
import sys
import tempfile
import time
import urllib.parse

from support import web
from support.acumatica import Acumatica
from support.magento import TOKEN, Magento
from support.postgres import Cluster
from support.push import Destination, Dispatcher
from support.service import Amsync, environment
from support.waiting import TimedOut, wait_until

SIMULATED_FIRST_ORDER = 5555


class Differs(Exception):
    """A step did not come out as it should."""


class RealMagento:
    """A shop that somebody else runs, seen through its REST API."""

    def __init__(self, url, token):
        self.url = url.rstrip("/")
        self.token = token

    def rest(self, method, path):
        return web.request(method, f"{self.url}/rest/default/{path}", None,
                           {"Authorization": f"Bearer {self.token}"})


def read_list(magento, what, field, value):
    query = urllib.parse.urlencode({
        "searchCriteria[filter_groups][0][filters][0][field]": field,
        "searchCriteria[filter_groups][0][filters][0][value]": value,
        "searchCriteria[pageSize]": 50,
    })
    answer = magento.rest("GET", f"V1/{what}?{query}")
    if answer.status != 200:
        raise Differs(f"Magento answered {answer.status}: {answer.text()}")
    listed = answer.json()
    return (listed.get("items") or []) if isinstance(listed, dict) else []


class Demo:
    def __init__(self, amsync, acumatica, magento, skus):
        self.amsync = amsync
        self.acumatica = acumatica
        self.magento = magento
        self.skus = skus
        self.order = None
        self.shipments = []
        self.invoice = None
        self._step = 0

    # --- showing and checking

    def step(self, text):
        self._step += 1
        print(f"\n{self._step:2}. {text}", flush=True)

    def run(self, *arguments):
        """Runs a command of amsync and shows it with what it said."""
        print(f"    $ amsync {shlex.join(arguments)}")
        finished = self.amsync.command(*arguments, exit_code=None)
        for line in (finished.stdout + finished.stderr).splitlines():
            print(f"      {line}")
        self.expect(finished.exit_code == 0, f"exit code {finished.exit_code}")
        return finished.stdout

    def expect(self, holds, otherwise):
        if not holds:
            raise Differs(f"step {self._step}: {otherwise}")

    def wait_for_log(self, entity, status, number, count=1):
        """Until the connector log has `count` such lines that name the number."""
        def lines():
            return [line for line in self.amsync.log_lines("--order", self.order.number)
                    if line["entity"] == entity and line["status"] == status
                    and number in (line["order_nbr"], line["document_nbr"])]
        try:
            wait_until(lambda: len(lines()) >= count, "")
        except TimedOut:
            self.run("log", "--order", self.order.number)
            raise Differs(f"step {self._step}: no line '{status}' for {number}") from None
        return lines()

    def in_magento(self):
        """The order as Magento holds it, or None."""
        orders = read_list(self.magento, "orders", "increment_id", self.increment_id)
        return orders[0] if orders else None

    def show_magento(self, text):
        print(f"    Magento: {text}")

    @property
    def increment_id(self):
        return f"ACU-SO-{self.order.number}"

    # --- the steps

    def play(self):
        self.create()
        self.map_ship_via()
        self.choose_ship_via()
        self.check_preferences()
        self.pay()
        self.read_log()
        self.read_status()
        self.view()
        self.create_shipments()
        self.confirm_and_release()
        self.published()
        self.next_push()
        self.complete()

    def create(self):
        self.step("In Acumatica: create the order")
        self.order = self.acumatica.create_order(
            [(self.skus[0], 3, "30.00"), (self.skus[1], 1, "37.50")], ship_via="")
        self.wait_for_log("order", "skipped", self.order.number)
        self.run("log", "--order", self.order.number)
        self.expect(self.in_magento() is None, "the order is in Magento already")

    def map_ship_via(self):
        self.step("Check the shipping mapping (A-M)")
        self.run("map", "shipping", "set", "UPSGROUND", "flatrate_flatrate", "--title",
                 "UPS Ground", "--carrier", "ups")
        self.run("map", "payment", "set", "CHECK", "checkmo")
        listed = self.run("map", "shipping", "list")
        self.expect("UPSGROUND" in listed and "flatrate_flatrate" in listed, "not mapped")

    def choose_ship_via(self):
        self.step("In Acumatica: choose the ship via UPSGROUND on the order")
        with self.acumatica.transaction(self.order):
            self.order.ship_via = "UPSGROUND"
        self.wait_for_log("order", "received", self.order.number, 2)

    def check_preferences(self):
        self.step("Check the A-M order sync preferences: any of the 3 conditions must hold")
        shown = self.run("prefs", "get")
        self.expect("condition.match=any" in shown, "the conditions are not matched by any")

    def pay(self):
        self.step("The unpaid balance is not 0.00: see it, and create a payment in Acumatica")
        shown = self.run("order", self.order.number)
        self.expect("unpaid balance is 127.50 USD" in shown, "the unpaid balance is not named")
        self.acumatica.pay(self.order)
        self.wait_for_log("order", "published", self.order.number)

    def read_log(self):
        self.step("Read the connector log")
        shown = self.run("log", "--order", self.order.number)
        self.expect("not synced yet: none of the 3 conditions holds" in shown,
                    "it does not say why the order was not synced at first")

    def read_status(self):
        self.step("Read the order's sync status")
        shown = self.run("log", "--status", "published")
        self.expect(f"{self.order.number} published as Magento order {self.increment_id}" in shown,
                    "it is not published")

    def view(self):
        self.step("View: the Acumatica order number and the Magento order number")
        shown = self.run("order", self.order.number)
        order = self.in_magento()
        self.expect(order is not None, "Magento does not have the order")
        self.expect(self.increment_id in shown and str(order["entity_id"]) in shown,
                    "amsync and Magento name different orders")
        self.show_magento(f"order {order['increment_id']} (id {order['entity_id']}), "
                          f"{order['status']}, total {order['grand_total']:.2f} "
                          f"{order['order_currency_code']}")
        self.expect(order["grand_total"] == 127.5, "the total is not 127.50")

    def create_shipments(self):
        self.step("In Acumatica: create two shipments; nothing happens before they are confirmed")
        number = self.order.number
        self.shipments = [
            self.acumatica.create_shipment(self.order, quantities={(number, 1): 2}),
            self.acumatica.create_shipment(self.order, quantities={(number, 1): 1, (number, 2): 1}),
        ]
        for shipment in self.shipments:
            self.wait_for_log("shipment", "received", shipment.number)
        self.run("order", number)
        order = self.in_magento()
        self.expect(not read_list(self.magento, "shipments", "order_id", order["entity_id"]),
                    "Magento has a shipment already")

    def confirm_and_release(self):
        self.step("In Acumatica: confirm both shipments, release the invoice")
        self.acumatica.confirm_shipment(self.shipments[0], ["1Z999AA10123456784"])
        self.acumatica.confirm_shipment(self.shipments[1],
                                        ["1Z999AA10123456785", "1Z999AA10123456786"])
        for shipment in self.shipments:
            self.wait_for_log("shipment", "published", shipment.number)
        self.invoice = self.acumatica.prepare_invoice(*self.shipments)
        self.acumatica.release_invoice(self.invoice, paid=True)
        self.wait_for_log("invoice", "published", self.invoice.number)

    def published(self):
        self.step("The connector log says that they were published; the shop has the shipments")
        self.run("log", "--status", "published", "--entity", "shipment")
        self.run("order", self.shipments[0].number)
        order = self.in_magento()
        shipments = read_list(self.magento, "shipments", "order_id", order["entity_id"])
        for shipment in shipments:
            tracks = sorted(track["track_number"] for track in shipment["tracks"])
            quantity = sum(item["qty"] for item in shipment["items"])
            self.show_magento(f"shipment {shipment['increment_id']} of order "
                              f"{order['increment_id']}: {quantity:g} pieces, {', '.join(tracks)}")
        self.expect(len(shipments) == 2, f"{len(shipments)} shipments are in Magento")
        self.expect(sum(len(shipment["tracks"]) for shipment in shipments) == 3,
                    "not three tracking numbers are in Magento")

    def next_push(self):
        self.step("Releasing the invoice was the next push from Acumatica")
        shown = self.run("log", "--entity", "invoice", "--order", self.order.number)
        self.expect(self.invoice.number in shown, "the log does not name the invoice")

    def complete(self):
        self.step("The order is up to date: complete in Magento")
        self.run("order", self.order.number)
        order = wait_until(self.in_magento, "Magento's order")
        invoices = read_list(self.magento, "invoices", "order_id", order["entity_id"])
        self.show_magento(f"order {order['increment_id']}: {order['status']}, "
                          f"{len(invoices)} invoice over {invoices[0]['grand_total']:.2f}"
                          if invoices else f"order {order['increment_id']}: {order['status']}")
        self.expect(len(invoices) == 1 and invoices[0]["grand_total"] == 127.5,
                    "the invoice is not there, or not over 127.50")
        self.expect(order["state"] == "complete", f"the order is {order['state']}")


def read_arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo", add_help=False)
    parser.add_argument("--stay", action="store_true")
    parser.add_argument("--magento-url")
    parser.add_argument("--magento-token")
    parser.add_argument("--skus", default="AALEGO500,CONAIRT1")
    arguments = parser.parse_args()
    if (arguments.magento_url is None) != (arguments.magento_token is None):
        parser.error("--magento-url and --magento-token go together")
    arguments.skus = arguments.skus.split(",")
    if len(arguments.skus) != 2:
        parser.error("--skus takes two, by comma")
    return arguments


def stay(amsync, magento, folder):
    settings = folder / "settings.sh"
    lines = [f"export {name}={shlex.quote(str(value))}"
             for name, value in environment(amsync.settings).items() if name.startswith("AMSYNC_")]
    settings.write_text("\n".join([*lines, f"PATH={shlex.quote(str(amsync.program.parent))}:$PATH",
                                   ""]), "utf-8")
    print(f"\nStill running: amsync accepts at {amsync.url}, probes at {amsync.admin_url}, Magento "
          f"at {magento.url}.\nIn another terminal: . {settings}\nthen for example: amsync log "
          "--follow\nCtrl-C ends it all.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def main():
    arguments = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(
            prefix="amsync-demo-")))
        cluster = stack.enter_context(Cluster())
        real = arguments.magento_url is not None
        magento = (RealMagento(arguments.magento_url, arguments.magento_token) if real
                   else stack.enter_context(Magento(folder / "log")))
        amsync = Amsync({
            "AMSYNC_DATABASE_URL": cluster.uri(cluster.create_database()),
            "AMSYNC_MAGENTO_URL": magento.url,
            "AMSYNC_MAGENTO_TOKEN": arguments.magento_token if real else TOKEN,
            "AMSYNC_LOG_LEVEL": "info",
        }, folder / "log")
        stack.callback(amsync.close)
        amsync.command("migrate")
        amsync.start()
        # Numbers of a real shop are taken for ever: each run has its own.
        first = int(time.time()) % 1_000_000 if real else SIMULATED_FIRST_ORDER
        acumatica = Acumatica(dispatcher=Dispatcher(Destination(amsync.url, amsync.secret)),
                              deliver_at_once=True, first_number=first)
        try:
            Demo(amsync, acumatica, magento, arguments.skus).play()
        except Differs as difference:
            print(f"\nNot as it should be: {difference}", file=sys.stderr)
            check = amsync.command("check", exit_code=None).stdout
            print(f"amsync check says: {check.splitlines()[-1]}", file=sys.stderr)
            return 1
        print("\nAll thirteen steps came out as they should.")
        if arguments.stay:
            stay(amsync, magento, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
