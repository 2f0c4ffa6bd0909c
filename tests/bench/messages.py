"""What is sent: whole HTTP requests in files, whose slots the load generator numbers.

A slot is a run of '@' (tests/bench/load/message.h). Orders, shipments and invoices with the same
number belong together. All of them are documents that amsync publishes.
"""

import dataclasses
import datetime
import json

from support.acumatica import (Customer, D, Invoice, InvoiceLine, Order, OrderLine, Shipment,
                               ShipmentLine)
from support.magento import TOKEN
from support.push import Notification, ticks
from support.service import SECRET

SLOT = "@" * 10
ID_SLOT = "@" * 12
# The newest digits of a TimeStamp: later numbers are later saves.
TIMESTAMP_SLOT = "@" * 10
COMPANY = "MyStore"
ADDRESS = "/webhooks/acumatica/"
QUERIES = {"orders": "AMSync-Orders", "shipments": "AMSync-Shipments",
           "invoices": "AMSync-Invoices"}


@dataclasses.dataclass(frozen=True)
class Message:
    """One request; `bytes` is all of it."""

    kind: str
    body: bytes
    bytes: bytes

    def write(self, folder, name=None):
        path = folder / f"{name or self.kind}-{len(self.body)}.http"
        path.write_bytes(self.bytes)
        return path

    def numbered(self, number):
        """The body as it is sent under this number."""
        body = self.body
        for width in (len(ID_SLOT), len(SLOT)):
            body = body.replace(b"@" * width, f"{number:0{width}d}".encode("ascii"))
        return body


def http_request(method, target, body=b"", headers=None):
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _today():
    return datetime.datetime.now(datetime.timezone.utc).replace(
        hour=0, minute=0, second=0, microsecond=0)


def _order(line_count, description):
    lines = [OrderLine("AIRPAD", D(3), D("10.00"), number=number, description=description)
             for number in range(1, line_count + 1)]
    order = Order(f"SO{SLOT}", Customer(id=f"C{SLOT}"), lines, _today(), currency="EUR")
    order.paid = order.total
    return order


def _without_empty(row):
    return {name: value for name, value in row.items() if value is not None}


def _message(kind, rows, address=None):
    now = datetime.datetime.now(datetime.timezone.utc)
    notification = Notification(kind, QUERIES[kind], COMPANY, f"5b7f8a70-2d3c-4a5e-9f10-{ID_SLOT}",
                                ticks(now), list(map(_without_empty, rows)), [], now)
    stamp = str(notification.timestamp)
    slotted = stamp[:-len(TIMESTAMP_SLOT)] + TIMESTAMP_SLOT
    body = notification.body().replace(stamp.encode("ascii"), slotted.encode("ascii"))
    headers = {"Content-Type": "application/json", "X-Amsync-Secret": SECRET}
    return Message(kind, body, http_request("POST", address or ADDRESS + kind, body, headers))


# What an inquiry for orders shows at least, so that a notification of one line has 1 KB.
NARROW = ("Hold", "Cancelled", "CustomerClass", "Freight", "TaxTotal", "DiscountTotal", "Terms",
          "CurrencyRate", "BillToAttention", "BillToEmail", "ShipToAttention", "ShipToEmail",
          "DiscountAmount", "TaxRate", "TaxAmount", "WarehouseID", "CustomerName", "ShipToPhone")


def _narrow_rows(line_count, description):
    return [{name: value for name, value in row.items() if name not in NARROW}
            for row in _order(line_count, description).rows()]


def order(size=1024, address=None):
    """An order of one line whose notification has exactly so many bytes, at least 1024; to that
    address, or amsync's."""
    short = size - len(_message("orders", _narrow_rows(1, "x")).body) + 1
    if short < 1:
        raise ValueError(f"a notification of {size} bytes is too short by {1 - short}")
    return _message("orders", _narrow_rows(1, "x" * short), address)


def wide_order(line_count):
    """An order of many lines, with every column of the inquiry."""
    return _message("orders", _order(line_count, "A line of a long order").rows())


def long_order(line_count):
    """An order of very many lines whose rows have only what each line needs."""
    wanted = ("OrderType", "OrderNbr", "LineNbr", "InventoryID", "OrderQty", "UnitPrice")
    first, *others = _order(line_count, "A line").rows()
    return _message("orders", [first, *({name: row[name] for name in wanted} for row in others)])


def several_orders(count):
    """So many orders of one line each, 9999 at most, in one notification."""
    row, = _narrow_rows(1, "x" * 50)
    return _message("orders", [{**row, "OrderNbr": f"S{index:04d}{SLOT}"}
                               for index in range(count)])


def sized_order(size):
    """Of about that size: as many lines as fit."""
    one, two = (len(wide_order(count).body) for count in (1, 2))
    return wide_order(max(1, (size - one) // (two - one) + 1))


# An order of one line has three pieces, which go out together or in these parts.
PARTS = (D(1), D(2))


def _quantity(line, part):
    return line.quantity if part is None else PARTS[part]


def _shipment(order_document, part):
    lines = [ShipmentLine(order_document, line, _quantity(line, part), line.number)
             for line in order_document.lines]
    return Shipment(f"{'T' if part == 1 else 'S'}{SLOT}", lines, _today(), status="Confirmed",
                    confirmed=True, tracking=[f"1Z{SLOT}"])


def shipment(part=None):
    """Confirmed, of the whole order of one line, or of one of its parts."""
    return _message("shipments", _shipment(_order(1, "AIRPAD"), part).rows())


def invoice(part=None):
    """Released, of that shipment."""
    order_document = _order(1, "AIRPAD")
    sent = _shipment(order_document, part)
    lines = [InvoiceLine(order_document, line, quantity, line.amount * quantity / line.quantity,
                         sent, line.number)
             for line in order_document.lines for quantity in [_quantity(line, part)]]
    document = Invoice(f"IN{'W' if part == 1 else 'V'}{SLOT}", lines, _today(), D("0.00"),
                       status="Open", released=True)
    document.balance = document.amount
    return _message("invoices", document.rows())


def magento_create(target, recorded_body):
    """A create that amsync sent, with slots for its number, as a message of the bare client."""
    number = json.loads(recorded_body)["entity"]["increment_id"][-len(SLOT):]
    text = recorded_body.replace(number, SLOT).encode("utf-8")
    headers = {"Content-Type": "application/json", "Accept": "application/json",
               "Authorization": f"Bearer {TOKEN}"}
    return Message("create", text, http_request("POST", target, text, headers))
