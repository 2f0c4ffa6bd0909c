"""What Magento must hold once everything has come to rest: Acumatica's own documents, told plainly."""

import dataclasses
import decimal


@dataclasses.dataclass
class Expected:
    """One order. Quantities are {line number: quantity}; numbers are Acumatica's."""

    company: str
    number: str
    versions: list
    quantities: dict
    total: decimal.Decimal
    paid: bool
    shipments: dict = dataclasses.field(default_factory=dict)  # number -> quantities
    tracks: dict = dataclasses.field(default_factory=dict)     # number -> tracking numbers
    invoices: dict = dataclasses.field(default_factory=dict)   # number -> (quantities, amount)
    invoiced_shipments: dict = dataclasses.field(default_factory=dict)  # invoice -> shipments
    completed: bool = False
    by_hand: list = dataclasses.field(default_factory=list)    # what persons did in Magento
    restores: list = dataclasses.field(default_factory=list)   # (backup begun, restored), in ms

    @property
    def name(self):
        return f"{self.company}/SO/{self.number}"

    @property
    def last(self):
        return self.versions[-1]

    @property
    def in_scope(self):
        return self.paid or bool(self.shipments)

    @property
    def may_be_absent(self):
        """Canceled or held before Magento had it."""
        return self.last.cancelled or self.last.hold


def expected_orders(tenant):
    """Of all orders of a tenant, by name."""
    orders = {number: _order(tenant, order) for number, order in tenant.orders.items()}
    for shipment in tenant.shipments:
        if not shipment.confirmed:
            continue
        for line in shipment.lines:
            one = orders[line.order.number]
            _add(one.shipments.setdefault(shipment.number, {}), line)
            one.tracks[shipment.number] = sorted(shipment.tracking)
    for invoice in tenant.invoices:
        if not invoice.released:
            continue
        for line in invoice.lines:
            one = orders[line.order.number]
            quantities, amount = one.invoices.get(invoice.number, ({}, decimal.Decimal(0)))
            _add(quantities, line)
            one.invoices[invoice.number] = (quantities, amount + line.amount)
            one.invoiced_shipments.setdefault(invoice.number, set()).add(line.shipment.number)
    return {one.name: one for one in orders.values()}


def _order(tenant, order):
    return Expected(tenant.company, order.number, tenant.versions[order.number],
                    {line.number: line.quantity for line in order.lines}, order.total,
                    order.unpaid_balance == 0, completed=order.status == "Completed")


def _add(quantities, line):
    number = line.order_line.number
    quantities[number] = quantities.get(number, 0) + line.quantity
