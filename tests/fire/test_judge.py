"""The judge of the fire test finds what it is there to find: each promise broken in the evidence."""

import copy
import dataclasses
import decimal

import pytest

from fire.expected import Expected
from fire.judge import Facts, judge
from fire.leftovers import CONNECTIONS_EACH, Measured, judge_database, judge_process
from fire.ledger import Ledger
from fire.lives import Version

NAME = "MyStore/SO/SO001000"
KEY = ("MyStore", "SO001000")
OPEN, HELD, EDITED = Version(1, False, False), Version(1, True, False), Version(2, False, False)


def comment(edit):
    return f"Changed in Acumatica: shipping address Town {edit - 1} -> Town {edit}"


def step(number, what, text=None):
    return {"step": number, "at": 1000 * number, "what": what, "comment": text}


def document(marker, quantity, **more):
    return {"comments": [{"comment": marker}], "items": [{"order_item_id": 7, "qty": quantity}],
            **more}


def good():
    """One order, edited once, held in between, shipped and invoiced."""
    expected = Expected(
        *KEY, versions=[OPEN, HELD, OPEN, EDITED], quantities={1: decimal.Decimal(3)},
        total=decimal.Decimal("30.00"), paid=True, shipments={"68": {1: 3}}, tracks={"68": ["1Z"]},
        invoices={"INV46": ({1: 3}, decimal.Decimal("30.00"))}, invoiced_shipments={"INV46": {"68"}},
        completed=True)
    shown = {
        "ext_order_id": NAME, "increment_id": "ACU-SO-SO001000", "state": "complete",
        "grand_total": 30,
        "items": [{"item_id": 7, "ext_order_item_id": "1", "qty_ordered": 3}],
        "extension_attributes": {"shipping_assignments": [
            {"shipping": {"address": {"city": "Town 1"}}}]},
        "shipments": [document("Acumatica shipment 68", 3, tracks=[{"track_number": "1Z"}])],
        "invoices": [document("Acumatica Invoice INV46", 3, grand_total=30)],
        "steps": [step(1, "create"), step(2, "hold"), step(3, "unhold"),
                  step(4, "comment", comment(2)), step(5, "ship", "Acumatica shipment 68"),
                  step(6, "invoice", "Acumatica Invoice INV46")],
    }
    documents = {("order", "SO001000"): ("published", ""), ("shipment", "68"): ("published", ""),
                 ("invoice", "INV46"): ("published", "")}
    return Facts({NAME: expected}, [shown], {KEY: documents}, {(*KEY, None)}, [b"told"], {b"told"})


def order(facts):
    return facts.shown[0]


def again(facts, kind):
    order(facts)[kind].append(copy.deepcopy(order(facts)[kind][0]))


def steps(facts, *given):
    order(facts)["steps"] = [step(number, *one) for number, one in enumerate(given, 1)]


def state(facts, kind, number, *said):
    facts.documents[KEY][(kind, number)] = said


def expect(facts, **changes):
    facts.expected[NAME] = dataclasses.replace(facts.expected[NAME], **changes)


BREACHES = {
    "a notification is lost": (lambda f: f.kept.clear(), "is not stored"),
    "the order is missing": (lambda f: f.shown.clear(), "missing in Magento"),
    "the order is there twice": (lambda f: f.shown.append(copy.deepcopy(order(f))), "has 2 orders"),
    "an order of nobody": (lambda f: f.shown.append({**order(f), "ext_order_id": "X"}),
                           "Acumatica does not have"),
    "out of scope but there": (lambda f: expect(f, paid=False, shipments={}),
                               "none of the conditions ever held"),
    "a shipment twice": (lambda f: again(f, "shipments"), "shipment 68 2 times"),
    "an invoice twice": (lambda f: again(f, "invoices"), "invoice INV46 2 times"),
    "a shipment missing": (lambda f: order(f)["shipments"].clear(), "lacks shipment 68"),
    "an invoice missing": (lambda f: order(f)["invoices"].clear(), "lacks invoice INV46"),
    "a shipment of nobody": (lambda f: order(f)["shipments"][0]["comments"].clear(),
                             "shipment None"),
    "a wrong quantity ordered": (lambda f: order(f)["items"][0].update(qty_ordered=2),
                                 "has quantities"),
    "a wrong quantity shipped": (lambda f: order(f)["shipments"][0]["items"][0].update(qty=2),
                                 "shipment 68 has"),
    "a wrong quantity invoiced": (lambda f: order(f)["invoices"][0]["items"][0].update(qty=2),
                                  "invoice INV46 has"),
    "a wrong total": (lambda f: order(f).update(grand_total=31), "its total in Magento is 31"),
    "a wrong amount": (lambda f: order(f)["invoices"][0].update(grand_total=3),
                       "invoice INV46 is of 3"),
    "a tracking number missing": (lambda f: order(f)["shipments"][0]["tracks"].clear(),
                                  "has tracking []"),
    "two creates": (lambda f: order(f)["steps"].insert(1, step(1, "create")), "the only create"),
    "invoiced before shipped": (lambda f: order(f)["steps"].reverse(), "before shipment 68"),
    "an older edit after a newer one": (
        lambda f: steps(f, ["create"], ["comment", comment(2)], ["comment", comment(1)]),
        "shows an older state"),
    "a hold after the last release": (
        lambda f: steps(f, ["create"], ["comment", comment(2)], ["hold"]), "never on hold"),
    "canceled though never": (
        lambda f: (expect(f, completed=False), steps(f, ["create"], ["cancel"])),
        "never canceled"),
    "an edit untold": (lambda f: steps(f, ["create"]), "last told edit 1 of 2"),
    "still on hold": (lambda f: order(f).update(state="holded"), "it is 'holded' in Magento"),
    "not canceled": (lambda f: expect(f, versions=[OPEN, Version(2, False, True)]),
                     "cancelled True"),
    "stuck": (lambda f: state(f, "shipment", "68", "retrying", "soon"), "is stuck as 'retrying'"),
    "silent": (lambda f: state(f, "shipment", "68", "skipped", ""), "nobody says why"),
    "waiting for nobody": (lambda f: state(f, "order", "SO001000", "waiting", "who knows"),
                           "without a cause"),
    "unknown to amsync": (lambda f: f.documents.clear(), "amsync does not know it"),
    "a shipment unknown to amsync": (lambda f: f.documents[KEY].pop(("shipment", "68")),
                                     "does not know shipment 68"),
    "not in the connector log": (lambda f: f.told.clear(), "the connector log never names it"),
    "absent for a false reason": (
        lambda f: (f.shown.clear(), expect(f, paid=False, shipments={}),
                   state(f, "order", "SO001000", "skipped", "it is canceled in Acumatica")),
        "because of 'none of the 3 conditions holds'"),
    "published, though a person stood in the way": (
        lambda f: (order(f)["shipments"].clear(), expect(f, by_hand=["cancel"])),
        "but amsync says that it is published"),
}


def test_nothing_is_found_where_nothing_is_wrong():
    assert judge(good()) == []


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_found_and_names_the_order(breach):
    falsify, words = BREACHES[breach]
    facts = good()
    falsify(facts)
    findings = judge(facts)
    assert any(words in finding for finding in findings), findings
    if "notification" not in breach and breach != "an order of nobody":
        assert all(NAME in finding for finding in findings)


def test_what_acumatica_repeats_after_a_restore_may_be_older():
    facts = good()
    steps(facts, ["create"], ["comment", comment(2)], ["hold"], ["unhold"], ["comment", comment(2)],
          ["ship", "Acumatica shipment 68"], ["invoice", "Acumatica Invoice INV46"])
    assert len(judge(facts)) == 1
    expect(facts, restores=[(1200, 2500)])
    assert judge(facts) == []


def test_that_all_is_as_it_was_created_tells_the_creates_edit():
    facts = good()
    order(facts)["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"]["city"] = "Town 2"
    expect(facts, restores=[(1200, 1500)])
    told_again = "Changed in Acumatica: what was changed is as it was created again"
    rest = (["ship", "Acumatica shipment 68"], ["invoice", "Acumatica Invoice INV46"])
    steps(facts, ["create"], ["comment", comment(1)], ["comment", told_again], *rest)
    assert judge(facts) == []
    steps(facts, ["create"], ["comment", told_again], ["comment", comment(1)], *rest)
    assert any("shows an older state" in finding for finding in judge(facts))


def test_a_hold_that_a_restored_database_has_forgotten_may_stay():
    facts = good()
    order(facts).update(state="holded", shipments=[], invoices=[])
    steps(facts, ["create"], ["hold"])
    for kind, number in (("shipment", "68"), ("invoice", "INV46")):
        state(facts, kind, number, "waiting", "a person has put the order on hold in Magento")
    assert judge(facts) != []
    expect(facts, restores=[(1500, 2500)])
    assert judge(facts) == []


def test_an_absent_order_with_a_true_reason_is_no_breach():
    facts = good()
    facts.shown.clear()
    expect(facts, paid=False, shipments={}, invoices={}, tracks={})
    facts.documents[KEY] = {("order", "SO001000"): ("skipped", "none of the 3 conditions holds")}
    assert judge(facts) == []


def test_leftovers_in_the_database_are_found():
    idle = [("amsync intake", "idle", None, 0)] * CONNECTIONS_EACH
    assert list(judge_database(0, [], idle, 1)) == []
    for measured, words in (
            ((1, [], idle, 1), "never taken in"),
            ((0, [("SO1", "claim", 1, False)], idle, 1), "still taken up"),
            ((0, [], [*idle[1:], ("amsync claimer", "idle in transaction", True, 0)], 1),
             "transaction open"),
            ((0, [], [*idle[1:], ("amsync claimer", "idle", None, 1)], 1), "advisory locks"),
            ((0, [], idle[1:], 1), f"{CONNECTIONS_EACH - 1} connections")):
        (finding,) = judge_database(*measured)
        assert words in finding


def test_leftovers_in_a_process_are_found():
    first = Measured("amsync 0", 1, 15_000, 18)
    assert list(judge_process(first, Measured("amsync 0", 1, 17_000, 42))) == []
    assert "grew" in next(judge_process(first, Measured("amsync 0", 1, 90_000, 42)))
    assert "descriptors" in next(judge_process(first, Measured("amsync 0", 1, 15_000, 90)))


def test_the_ledger_tells_what_was_answered():
    ledger = Ledger()
    entries = [ledger.add(f"notification {number}") for number in range(3)]
    for entry, answer in ((entries[0], 503), (entries[0], 202), (entries[0], 200),
                          (entries[1], "TimeoutError"), (entries[2], 503)):
        ledger.answered(entry, answer)
    assert ledger.acknowledged() == [entries[0]]
    assert ledger.unacknowledged() == entries[1:]
    assert ledger.figures() == {"notifications": 3, "attempts": 5, "acknowledged": 1,
                                "duplicates refused": 1, "refused": 2, "unknown": 1}
