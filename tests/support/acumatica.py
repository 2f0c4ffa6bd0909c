"""A simulated Acumatica: orders, shipments and invoices, and what it tells about them.

Each method of Acumatica that changes documents is one transaction: it compares what every inquiry
returned before and after and keeps one notification for each inquiry whose result differs, all with
the transaction's Id and TimeStamp. They leave with deliver(), or at once if `deliver_at_once`.
"""

import contextlib
import dataclasses
import datetime
import decimal
import itertools
import uuid

from support.push import Notification, ticks

D = decimal.Decimal
CENT = D("0.01")

# Identifiers of segmented keys come padded with spaces to the key's length where a row was just
# written, and without where it is read back.
PADDED = {"InventoryID": 10, "WarehouseID": 5}

ADDRESS = {
    "Name": "Jersey Central Office Equip",
    "Attention": "Mary Major",
    "AddressLine1": "1 Main Street",
    "AddressLine2": None,
    "City": "Jersey City",
    "State": "NJ",
    "PostalCode": "07302",
    "Country": "US",
    "Phone": "+1 555-0100",
    "Email": "mary.major@example.com",
}


@dataclasses.dataclass
class Customer:
    id: str = "C000000003"
    name: str = "Jersey Central Office Equip"
    customer_class: str = "LOCAL"
    email: str = "mary.major@example.com"


@dataclasses.dataclass
class OrderLine:
    inventory_id: str
    quantity: D
    unit_price: D
    number: int = 0
    description: str = ""
    uom: str = "EACH"
    discount: D = D("0.00")
    tax_rate: D = D("0.00")
    warehouse: str = "MAIN"
    invoiced: D = D(0)

    @property
    def extended_price(self):
        return (self.quantity * self.unit_price).quantize(CENT, decimal.ROUND_HALF_UP)

    @property
    def amount(self):
        return self.extended_price - self.discount

    @property
    def tax(self):
        return (self.amount * self.tax_rate / 100).quantize(CENT, decimal.ROUND_HALF_UP)


@dataclasses.dataclass
class Order:
    number: str
    customer: Customer
    lines: list
    date: datetime.datetime
    type: str = "SO"
    status: str = "Open"
    hold: bool = False
    cancelled: bool = False
    customer_order_nbr: str = None
    external_reference: str = None
    magento_order_nbr: str = None
    currency: str = "USD"
    currency_rate: D = D("1.000000")
    freight: D = D("0.00")
    discount: D = D("0.00")
    paid: D = D("0.00")
    ship_via: str = "UPSGROUND"
    payment_method: str = "CHECK"
    terms: str = "30D"
    bill_to: dict = dataclasses.field(default_factory=lambda: dict(ADDRESS))
    ship_to: dict = dataclasses.field(default_factory=lambda: dict(ADDRESS))
    extra: dict = dataclasses.field(default_factory=dict)
    deleted: bool = False
    kind = "orders"

    @property
    def line_total(self):
        return sum((line.amount for line in self.lines), D("0.00"))

    @property
    def tax_total(self):
        return sum((line.tax for line in self.lines), D("0.00"))

    @property
    def total(self):
        return self.line_total - self.discount + self.freight + self.tax_total

    @property
    def unpaid_balance(self):
        return self.total - self.paid

    def line(self, number):
        return next(line for line in self.lines if line.number == number)

    def rows(self):
        """One row a line, the header repeated; without lines one row whose line is empty."""
        if self.deleted:
            return []
        header = {
            "OrderType": self.type, "OrderNbr": self.number, "Status": self.status,
            "Hold": self.hold, "Cancelled": self.cancelled, "CustomerID": self.customer.id,
            "CustomerName": self.customer.name, "CustomerClass": self.customer.customer_class,
            "Email": self.customer.email, "CustomerOrderNbr": self.customer_order_nbr,
            "ExternalReference": self.external_reference,
            "MagentoOrderNbr": self.magento_order_nbr, "Currency": self.currency,
            "CurrencyRate": self.currency_rate, "OrderDate": self.date,
            "OrderTotal": self.total, "LineTotal": self.line_total, "Freight": self.freight,
            "TaxTotal": self.tax_total, "DiscountTotal": self.discount,
            "UnpaidBalance": self.unpaid_balance, "ShipVia": self.ship_via,
            "PaymentMethod": self.payment_method, "Terms": self.terms,
            **{f"BillTo{name}": value for name, value in self.bill_to.items()},
            **{f"ShipTo{name}": value for name, value in self.ship_to.items()},
            **self.extra,
        }
        return [{**header, **line} for line in map(_order_line_row, self.lines or [None])]


def _order_line_row(line):
    if line is None:
        return dict.fromkeys(_order_line_row(OrderLine("", D(0), D(0))))
    return {
        "LineNbr": line.number, "InventoryID": line.inventory_id,
        "LineDescription": line.description, "OrderQty": line.quantity, "UOM": line.uom,
        "UnitPrice": line.unit_price, "ExtPrice": line.extended_price,
        "DiscountAmount": line.discount, "TaxRate": line.tax_rate, "TaxAmount": line.tax,
        "WarehouseID": line.warehouse,
    }


@dataclasses.dataclass
class ShipmentLine:
    order: Order
    order_line: OrderLine
    quantity: D
    number: int = 0


@dataclasses.dataclass
class Shipment:
    number: str
    lines: list
    date: datetime.datetime
    type: str = "Shipment"
    status: str = "Open"
    confirmed: bool = False
    ship_via: str = "UPSGROUND"
    tracking: list = dataclasses.field(default_factory=list)
    kind = "shipments"

    def rows(self):
        """One row for each line and tracking number, as the join with the packages gives them."""
        header = {
            "ShipmentNbr": self.number, "Type": self.type, "Status": self.status,
            "Confirmed": self.confirmed, "ShipmentDate": self.date, "ShipVia": self.ship_via,
        }
        return [
            {**header, "OrderType": line.order.type, "OrderNbr": line.order.number,
             "OrderLineNbr": line.order_line.number, "LineNbr": line.number,
             "InventoryID": line.order_line.inventory_id, "UOM": line.order_line.uom,
             "ShippedQty": line.quantity, "TrackingNbr": tracking,
             "WarehouseID": line.order_line.warehouse}
            for line in self.lines for tracking in self.tracking or [None]
        ]


@dataclasses.dataclass
class InvoiceLine:
    order: Order
    order_line: OrderLine
    quantity: D
    amount: D
    shipment: Shipment = None
    number: int = 0


@dataclasses.dataclass
class Invoice:
    number: str
    lines: list
    date: datetime.datetime
    balance: D
    type: str = "Invoice"
    status: str = "Balanced"
    released: bool = False
    extra_amount: D = D("0.00")  # freight and tax, which stand in no line
    kind = "invoices"

    @property
    def amount(self):
        return sum((line.amount for line in self.lines), self.extra_amount)

    def rows(self):
        header = {
            "Type": self.type, "ReferenceNbr": self.number, "Status": self.status,
            "Released": self.released, "Date": self.date,
            "Currency": self.lines[0].order.currency, "Amount": self.amount,
            "Balance": self.balance,
        }
        return [
            {**header, "OrderType": line.order.type, "OrderNbr": line.order.number,
             "OrderLineNbr": line.order_line.number,
             "ShipmentNbr": line.shipment and line.shipment.number, "LineNbr": line.number,
             "InventoryID": line.order_line.inventory_id, "UOM": line.order_line.uom,
             "Qty": line.quantity, "LineAmount": line.amount}
            for line in self.lines
        ]


@dataclasses.dataclass(frozen=True)
class Inquiry:
    """A generic inquiry. `columns` restricts it, `captions` renames columns."""

    name: str
    kind: str
    columns: tuple = None
    captions: dict = dataclasses.field(default_factory=dict)

    def row(self, document_row):
        return {self.captions.get(name, name): value for name, value in document_row.items()
                if self.columns is None or name in self.columns}


INQUIRIES = (
    Inquiry("AMSync-Orders", "orders"),
    Inquiry("AMSync-Shipments", "shipments"),
    Inquiry("AMSync-Invoices", "invoices"),
)


class Acumatica:
    """One tenant. Numbers and times go up from `first_number` and `start`, so that runs repeat.

    Shipments and invoices have the numbers of the documentation, or go up from `first_number` too.
    """

    def __init__(self, company="MyStore", dispatcher=None, deliver_at_once=False,
                 inquiries=INQUIRIES, first_number=None, start=None):
        self.company = company
        self.dispatcher = dispatcher
        self.deliver_at_once = deliver_at_once
        self.inquiries = list(inquiries)
        self.outbox = []
        self._now = start or datetime.datetime.now(datetime.timezone.utc)
        self._ticks = 0
        self._order_numbers = itertools.count(first_number or 5555)
        self._shipment_numbers = itertools.count(first_number or 68)
        self._invoice_numbers = itertools.count(first_number or 46)

    # --- transactions

    @contextlib.contextmanager
    def transaction(self, *documents):
        """Changes to `documents` made within are told. A document may be added to the yielded list:
        it was not there before."""
        before = {id(document): document.rows() for document in documents}
        touched = list(documents)
        yield touched
        self._now += datetime.timedelta(milliseconds=137)
        self._ticks = max(self._ticks + 1, ticks(self._now) + 1)
        transaction_id = str(uuid.uuid4())
        for inquiry in self.inquiries:
            concerned = [document for document in touched if document.kind == inquiry.kind]
            old = [inquiry.row(row) for document in concerned
                   for row in before.get(id(document), [])]
            new = [inquiry.row(row) for document in concerned for row in document.rows()]
            inserted = [_padded(row) for row in _without(new, old)]
            deleted = _without(old, new)
            if inserted or deleted:
                self.outbox.append(Notification(
                    inquiry.kind, inquiry.name, self.company, transaction_id, self._ticks,
                    inserted, deleted, self._now))
        if self.deliver_at_once:
            self.deliver()

    def notification_of_rows(self, kind, rows, query=None):
        """A notification of rows that no document has, not sent."""
        name = query or next(inquiry.name for inquiry in self.inquiries if inquiry.kind == kind)
        now = datetime.datetime.now(datetime.timezone.utc)
        return Notification(kind, name, self.company, str(uuid.uuid4()), ticks(now), rows, [], now)

    def deliver(self, parallel=1):
        """Sends what waits in the outbox, oldest first, and returns the deliveries."""
        notifications, self.outbox = self.outbox, []
        return self.dispatcher.send_all(notifications, parallel)

    def _date(self):
        return self._now.replace(hour=0, minute=0, second=0, microsecond=0)

    # --- sales orders (SO301000)

    def create_order(self, lines, customer=None, **fields):
        """`lines` are OrderLine or (inventory id, quantity, unit price)."""
        lines = [line if isinstance(line, OrderLine) else _order_line(*line) for line in lines]
        for number, line in enumerate(lines, 1):
            line.number = line.number or number
        number = fields.pop("number", None) or f"SO{next(self._order_numbers):06d}"
        order = Order(number, customer or Customer(), lines, self._date(), **fields)
        with self.transaction() as touched:
            touched.append(order)
        return order

    def pay(self, order, amount=None):
        """A payment applied to the order; the whole unpaid balance by default."""
        with self.transaction(order):
            order.paid += order.unpaid_balance if amount is None else D(amount)

    def hold(self, order, status="On Hold"):
        with self.transaction(order):
            order.hold, order.status = True, status

    def release_from_hold(self, order):
        with self.transaction(order):
            order.hold, order.status = False, "Open"

    def cancel(self, order):
        with self.transaction(order):
            order.cancelled, order.status = True, "Canceled"

    def complete(self, order):
        """Complete Order: what is open will not come."""
        with self.transaction(order):
            order.status = "Completed"

    def add_line(self, order, inventory_id, quantity, unit_price):
        with self.transaction(order):
            line = _order_line(inventory_id, quantity, unit_price)
            line.number = max((other.number for other in order.lines), default=0) + 1
            order.lines.append(line)
        return line

    def remove_line(self, order, number):
        with self.transaction(order):
            order.lines.remove(order.line(number))

    def delete_order(self, order):
        """The order leaves every result: only Deleted rows tell of it."""
        with self.transaction(order):
            order.deleted = True

    # --- shipments (SO302000)

    def create_shipment(self, *orders, quantities=None, **fields):
        """Of one or several orders; `quantities` maps (order number, line number) to a quantity, by
        default every line's whole quantity."""
        lines = []
        for order in orders:
            for line in order.lines:
                quantity = (line.quantity if quantities is None
                            else D(quantities.get((order.number, line.number), 0)))
                if quantity:
                    lines.append(ShipmentLine(order, line, quantity, len(lines) + 1))
        shipment = Shipment(f"{next(self._shipment_numbers):06d}", lines, self._date(),
                            ship_via=orders[0].ship_via, **fields)
        with self.transaction(*orders) as touched:
            touched.append(shipment)
            for order in orders:
                order.status = "Shipping"
        return shipment

    def confirm_shipment(self, shipment, tracking=()):
        """Confirm Shipment, with the packages' tracking numbers."""
        with self.transaction(shipment):
            shipment.status, shipment.confirmed = "Confirmed", True
            shipment.tracking.extend(tracking)

    def correct_shipment(self, shipment):
        """Correct Shipment: a confirmed one that is not invoiced is open again."""
        with self.transaction(shipment):
            shipment.status, shipment.confirmed = "Open", False

    # --- invoices (SO303000)

    def prepare_invoice(self, *shipments, extra_amount="0.00"):
        """One invoice for all lines of the shipments."""
        lines = []
        for shipment in shipments:
            for line in shipment.lines:
                unit = line.order_line.amount / line.order_line.quantity
                amount = (unit * line.quantity).quantize(CENT, decimal.ROUND_HALF_UP)
                lines.append(InvoiceLine(line.order, line.order_line, line.quantity, amount,
                                         shipment, len(lines) + 1))
        return self._add_invoice(lines, shipments, extra_amount=D(extra_amount))

    def create_invoice(self, order, type="Invoice", **fields):
        """Of a whole order without a shipment; also a credit memo."""
        lines = [InvoiceLine(order, line, line.quantity, line.amount, None, line.number)
                 for line in order.lines]
        return self._add_invoice(lines, (), type=type, **fields)

    def _add_invoice(self, lines, shipments, **fields):
        invoice = Invoice(f"INV{next(self._invoice_numbers):06d}", lines, self._date(), D("0.00"),
                          **fields)
        invoice.balance = invoice.amount
        with self.transaction(*shipments) as touched:
            touched.append(invoice)
            for shipment in shipments:
                shipment.status = "Invoiced"
        return invoice

    def release_invoice(self, invoice, paid=False):
        """Release: the invoice is open, or closed if it is paid already."""
        shipments = _distinct(line.shipment for line in invoice.lines if line.shipment)
        orders = _orders(invoice)
        with self.transaction(invoice, *shipments, *orders):
            invoice.released = True
            invoice.status = "Closed" if paid else "Open"
            invoice.balance = D("0.00") if paid else invoice.amount
            for shipment in shipments:
                shipment.status = "Completed"
            if invoice.type == "Invoice":
                for line in invoice.lines:
                    line.order_line.invoiced += line.quantity
                for order in orders:
                    if all(line.invoiced >= line.quantity for line in order.lines):
                        order.status = "Completed"


def _order_line(inventory_id, quantity, unit_price):
    return OrderLine(inventory_id, D(quantity), D(unit_price), description=f"{inventory_id}, new")


def _without(rows, others):
    """The rows that are not among the others, compared as they are written."""
    written = set(map(repr, others))
    return [row for row in rows if repr(row) not in written]


def _padded(row):
    return {name: value.ljust(PADDED[name]) if name in PADDED and value is not None else value
            for name, value in row.items()}


def _distinct(values):
    """Each object once, in the order of their first appearance."""
    return list({id(value): value for value in values}.values())


def _orders(document):
    return _distinct(line.order for line in document.lines)
