"""Nobody's orders stand behind another's thousands. Asserted are positions in Magento's ledger, which do
not depend on how fast anything is."""

from support.acumatica import Customer
from support.waiting import wait_until

LINES = [("AALEGO500", 2, "50.00")]
MANY = 600

# What is in hand when an order becomes due: one for each worker, and as many as end in 200 ms; and what
# is taken up at once with it, also by the one claim in four that goes to those that have waited for
# longest.
WORKERS = 2
MAGENTO_MS = 60
IN_HAND = WORKERS + WORKERS * 200 // MAGENTO_MS
FEW = IN_HAND + 2 * IN_HAND


def paid_orders(acumatica, count, customer):
    """Created with the payment; their notifications are sent from several threads."""
    acumatica.deliver_at_once = False
    orders = [acumatica.create_order(LINES, customer, paid=100) for _ in range(count)]
    assert all(delivery.accepted for delivery in acumatica.deliver(parallel=8))
    return orders


def steps(scene):
    """Everything that was done in Magento: (what, number of the order), in its order."""
    made = [(step["step"], step["what"], step["ext_order_id"].rpartition("/")[2])
            for order in scene.magento.orders() for step in order["steps"]]
    return [(what, number) for _, what, number in sorted(made)]


def wait_until_due(scene, orders):
    numbers = [order.number for order in orders]
    wait_until(lambda: scene.value(
        "SELECT count(*) FROM amsync.sales_order AS o LEFT JOIN amsync.work AS w"
        " ON w.sales_order_id = o.id WHERE o.order_nbr = ANY (%s)"
        " AND (w.due_at IS NULL OR w.due_at <= clock_timestamp())", [numbers]) == len(numbers),
        "the orders being due")


def wait_for_steps(scene, count):
    wait_until(lambda: len(steps(scene)) >= count, lambda: f"{count} steps\n{scene.tail()}", 60)


def test_an_order_does_not_wait_behind_anothers_six_hundred(new_scene):
    scene = new_scene(AMSYNC_WORKERS=str(WORKERS))
    scene.magento.set(maintenance=True)
    scene.start()
    of_one = paid_orders(scene.acumatica, MANY, Customer("C000000001", "Big"))
    wait_until_due(scene, of_one)
    # As if they had been due for ten minutes, so that each one's turn has come.
    scene.rows("UPDATE amsync.work SET due_at = due_at - interval '10 minutes',"
               " turn_at = turn_at - interval '10 minutes' RETURNING 1")
    scene.magento.set(maintenance=False, delay_ms=MAGENTO_MS)
    wait_for_steps(scene, 20)
    (other,) = paid_orders(scene.acumatica, 1, Customer("C000000002", "Small"))
    wait_until_due(scene, [other])
    before = len(steps(scene))
    wait_until(lambda: scene.is_shown(other), lambda: scene.tail(), 60)
    made = steps(scene)
    assert made.index(("create", other.number)) <= before + FEW
    assert len(made) < MANY / 2


def test_new_orders_do_not_wait_behind_a_mass_release_of_invoices(new_scene):
    count, fresh = 200, 10
    scene = new_scene(AMSYNC_WORKERS=str(WORKERS)).start()
    known = paid_orders(scene.acumatica, count, Customer("C000000001", "Big"))
    scene.settle()
    for order in known:
        scene.acumatica.release_invoice(scene.acumatica.create_invoice(order))
    scene.magento.set(delay_ms=MAGENTO_MS)
    assert all(delivery.accepted for delivery in scene.acumatica.deliver(parallel=8))
    wait_for_steps(scene, count + 5)
    new = paid_orders(scene.acumatica, fresh, Customer("C000000002", "Small"))
    wait_until_due(scene, new)
    before = len(steps(scene))
    wait_until(lambda: all(scene.is_shown(order) for order in new), lambda: scene.tail(), 60)
    made = steps(scene)
    last = max(made.index(("create", order.number)) for order in new)
    # Every second one that is taken up is a new one.
    assert last <= before + IN_HAND + 2 * fresh
    assert len(made) < count + count / 2
