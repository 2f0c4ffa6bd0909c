"""What a person does in Magento's admin, meaning well."""

from fire.faults import Deck

person = Deck("a person")


def _do(world, shown, action, **more):
    """False: Magento's admin does not offer it for this order."""
    try:
        world.magento.by_hand(shown["entity_id"], action, **more)
    except AssertionError:
        return False
    if action != "comment":
        world.touched(shown["ext_order_id"], action)
    return True


def _play(action, undo=None, **more):
    def play(world, draw, long):
        shown = world.draw_shown(draw)
        done = shown is not None and _do(world, shown, action, **more)
        yield draw.uniform(1.0, 5.0)
        if done and undo and draw.random() < 0.6:
            _do(world, shown, undo)
    return play


person("holds")(_play("hold", "unhold"))
person("comments")(_play("comment", text="The customer called."))
person("ships")(_play("ship"))
person("cancels")(_play("cancel"))
person("invoices")(_play("invoice"))
