"""What happens to orders in Acumatica, step by step; every choice is drawn from the seed.

A life is a generator: each step is one transaction of Acumatica, and it yields between two of them.
The town of the shipping address carries the number of the order's last edit, so that what Magento
shows tells which state of the order it was made from.
"""

import dataclasses
import random

from support.acumatica import ADDRESS, Acumatica

PRODUCTS = ("AALEGO500", "AACOMPUT01", "CONAIRT1", "HEADERBRD", "CONTABLE1")


def town(edit):
    return f"Town {edit}"


@dataclasses.dataclass(frozen=True)
class Version:
    """An order as one transaction left it."""

    edit: int
    hold: bool
    cancelled: bool


class Tenant(Acumatica):
    """A tenant that remembers every state of its orders and its documents."""

    def __init__(self, company, first_number):
        super().__init__(company, first_number=first_number)
        self.orders = {}
        self.versions = {}
        self.shipments = []
        self.invoices = []

    def note(self, order):
        self.orders[order.number] = order
        edit = int(order.ship_to["City"].rpartition(" ")[2])
        self.versions.setdefault(order.number, []).append(
            Version(edit, order.hold, order.cancelled))

    def take_outbox(self):
        notifications, self.outbox = self.outbox, []
        return notifications

    def _noted(self, *orders):
        for order in orders:
            self.note(order)

    # --- steps, each one transaction

    def new_order(self, draw, **fields):
        lines = [(product, draw.randint(2, 6), f"{draw.randint(100, 9999) / 100:.2f}")
                 for product in draw.sample(PRODUCTS, draw.randint(1, 3))]
        order = self.create_order(lines, ship_to={**ADDRESS, "City": town(1)}, **fields)
        self._noted(order)
        return order

    def edit(self, order):
        with self.transaction(order):
            order.ship_to = {**order.ship_to, "City": town(self.versions[order.number][-1].edit + 1)}
        self._noted(order)

    def change_quantity(self, order, draw):
        """Only before the order may be in Magento, which cannot edit it."""
        with self.transaction(order):
            draw.choice(order.lines).quantity += draw.randint(1, 2)
        self._noted(order)

    def settle(self, order):
        self.pay(order)
        self._noted(order)

    def set_hold(self, order, hold):
        if hold:
            self.hold(order)
        else:
            self.release_from_hold(order)
        self._noted(order)

    def call_off(self, order):
        self.cancel(order)
        self._noted(order)

    def finish_short(self, order):
        self.complete(order)
        self._noted(order)

    def pack(self, orders, quantities):
        shipment = self.create_shipment(*orders, quantities=quantities)
        self.shipments.append(shipment)
        self._noted(*orders)
        return shipment

    def bill(self, *shipments):
        invoice = self.prepare_invoice(*shipments)
        self.invoices.append(invoice)
        return invoice

    def release(self, invoice, paid):
        self.release_invoice(invoice, paid)
        self._noted(*{line.order.number: line.order for line in invoice.lines}.values())


def life(tenant, draw):
    """One order's, or two orders' that share a shipment."""
    orders = [tenant.new_order(draw, **_on_hold(draw))
              for _ in range(2 if draw.random() < 0.12 else 1)]
    yield
    for order in orders:
        yield from _before_payment(tenant, order, draw)
    fate = draw.random()
    if fate < 0.06:
        return  # never paid
    if fate < 0.10:
        tenant.call_off(orders[0])
        yield
    alive = [order for order in orders if not order.cancelled]
    for order in alive:
        if order.hold:
            tenant.set_hold(order, False)
            yield
        tenant.settle(order)
        yield
        yield from _changes(tenant, order, draw)
    if alive and draw.random() < 0.10:
        tenant.call_off(alive.pop())
        yield
    if alive:
        yield from _fulfilment(tenant, alive, draw)


def _on_hold(draw):
    return {"hold": True, "status": "On Hold"} if draw.random() < 0.15 else {}


def _before_payment(tenant, order, draw):
    for _ in range(draw.choice((0, 0, 1, 2))):
        if draw.random() < 0.5:
            tenant.change_quantity(order, draw)
        else:
            tenant.edit(order)
        yield


def _changes(tenant, order, draw):
    """Saves, holds and releases."""
    for _ in range(draw.choice((0, 1, 1, 2, 4))):
        if draw.random() < 0.65:
            tenant.edit(order)
            yield
        else:
            tenant.set_hold(order, True)
            yield
            if draw.random() < 0.4:
                tenant.edit(order)
                yield
            tenant.set_hold(order, False)
            yield


def _fulfilment(tenant, orders, draw):
    """Up to three shipments, of which the last may never come; invoices for one or several."""
    open_quantities = {(order.number, line.number): int(line.quantity)
                       for order in orders for line in order.lines}
    parts = draw.choice((0, 1, 1, 2, 2, 3))
    shorted = parts > 1 and draw.random() < 0.2
    unbilled = []
    for part in range(parts):
        last = part == parts - 1
        if last and shorted:
            break
        quantities = _part_of(open_quantities, draw, whole=last)
        concerned = [order for order in orders
                     if any(quantities.get((order.number, line.number)) for line in order.lines)]
        if not concerned:
            break
        shipment = tenant.pack(concerned, quantities)
        yield
        yield from _confirmation(tenant, shipment, draw)
        unbilled.append(shipment)
        for order in concerned:
            if draw.random() < 0.2:
                tenant.edit(order)
                yield
        if draw.random() < 0.6:
            yield from _billing(tenant, unbilled, draw)
    if unbilled and (shorted or draw.random() < 0.85):
        yield from _billing(tenant, unbilled, draw)
    for order in orders:
        if shorted and any(line.invoiced for line in order.lines) and order.status != "Completed":
            tenant.finish_short(order)
            yield


def _part_of(open_quantities, draw, whole):
    quantities = {}
    for key, left in open_quantities.items():
        take = left if whole else draw.randint(0, left)
        if take:
            quantities[key] = take
            open_quantities[key] -= take
    return quantities


def _confirmation(tenant, shipment, draw):
    tenant.confirm_shipment(shipment, [f"1Z{tenant.company}{shipment.number}"])
    yield
    if draw.random() < 0.1:
        tenant.correct_shipment(shipment)
        yield
        tenant.confirm_shipment(shipment, [f"1Z{tenant.company}{shipment.number}B"])
        yield


def _billing(tenant, unbilled, draw):
    groups = [unbilled[:]] if draw.random() < 0.5 else [[shipment] for shipment in unbilled]
    unbilled.clear()
    for group in groups:
        invoice = tenant.bill(*group)
        yield
        tenant.release(invoice, draw.random() < 0.5)
        yield


class Lives:
    """So many lives at a time, of all tenants; `step` plays one transaction of one of them."""

    def __init__(self, seed, tenants, at_once):
        self._seed = seed
        self._tenants = tenants
        self._at_once = at_once
        self._begun = 0
        self._alive = []
        self._draw = random.Random(f"{seed}/turns")

    def step(self, may_begin=True):
        """The notifications of the transaction; None when nobody is left."""
        if may_begin and len(self._alive) < self._at_once:
            tenant = self._tenants[self._begun % len(self._tenants)]
            draw = random.Random(f"{self._seed}/life/{self._begun}")
            self._alive.append((tenant, life(tenant, draw)))
            self._begun += 1
        if not self._alive:
            return None
        place = self._draw.randrange(len(self._alive))
        tenant, story = self._alive[place]
        if next(story, self) is self:
            del self._alive[place]
        return [(tenant, notification) for notification in tenant.take_outbox()]
