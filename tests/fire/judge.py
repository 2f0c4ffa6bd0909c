"""Whether the four promises were kept. Pure: facts in, findings out, each a text that names the order
and the evidence. tests/fire/test_judge.py shows that each check can fail."""

import collections
import dataclasses
import decimal
import json

from fire.chronicle import check_steps, last_edit_shown, was_held_and_forgotten

FINAL = ("published", "skipped", "waiting", "failed")


@dataclasses.dataclass
class Facts:
    """What is compared.

    expected: {name: Expected}; shown: Magento's orders, as its ledger has them;
    documents: {(company, order number): {(kind, number): (state, reason)}};
    told: the (company, order number, document number or None) of all lines of the connector log;
    acknowledged, kept: bodies of notifications.
    """

    expected: dict
    shown: list
    documents: dict
    told: set
    acknowledged: list
    kept: set


def judge(facts):
    findings = list(_judge_kept(facts))
    by_name = collections.defaultdict(list)
    for shown in facts.shown:
        by_name[shown["ext_order_id"]].append(shown)
    for name in by_name.keys() - facts.expected.keys():
        findings.append(f"{name}: Magento has an order that Acumatica does not have")
    for name, expected in facts.expected.items():
        documents = facts.documents.get((expected.company, expected.number), {})
        if any(was_held_and_forgotten(expected, one) for one in by_name[name]):
            expected = dataclasses.replace(expected, by_hand=[*expected.by_hand, "forgotten hold"])
        for text in _judge_order(expected, by_name[name], documents, facts.told):
            findings.append(f"{name}: {text}{_evidence(by_name[name], documents)}")
    return findings


def _evidence(shown, documents):
    steps = [[(step["what"], step.get("comment") or step.get("action")) for step in one["steps"]]
             for one in shown]
    return f"\n    Magento saw {json.dumps(steps)}\n    amsync says {documents}"


def _judge_kept(facts):
    for body in facts.acknowledged:
        if body not in facts.kept:
            yield f"an acknowledged notification is not stored: {body[:400].decode('utf-8')}"


def _judge_order(expected, shown, documents, told):
    if (expected.company, expected.number, None) not in told:
        yield "the connector log never names it"
    if len(shown) > 1:
        yield f"Magento has {len(shown)} orders for it: {[one['increment_id'] for one in shown]}"
    if ("order", expected.number) not in documents:
        yield "amsync does not know it"
        return
    yield from _judge_states(expected, documents)
    if not shown:
        yield from _judge_absence(expected, documents[("order", expected.number)])
    for one in shown[:1]:
        yield from _judge_contents(expected, one, documents)
        yield from check_steps(expected, one)


def _judge_states(expected, documents):
    for (kind, number), (state, reason) in documents.items():
        if state not in FINAL:
            yield f"{kind} {number} is stuck as {state!r} ({reason})"
        elif state != "published" and not reason:
            yield f"{kind} {number} is {state!r} and nobody says why"
        elif state in ("waiting", "failed") and not _has_cause(expected, kind):
            yield f"{kind} {number} is {state!r} without a cause: {reason}"


def _has_cause(expected, kind):
    return bool(expected.by_hand) or (kind == "order" and expected.last.hold)


def _judge_absence(expected, order):
    state, reason = order
    if expected.last.cancelled:
        cause = "canceled"
    elif not expected.in_scope:
        cause = "hold" if expected.last.hold else "none of the 3 conditions holds"
    elif expected.last.hold:
        cause = "hold"
    else:
        yield f"it is missing in Magento, and amsync says {state!r}: {reason}"
        return
    if state not in ("skipped", "waiting") or cause not in reason:
        yield f"it is not in Magento because of {cause!r}, but amsync says {state!r}: {reason}"


def _judge_contents(expected, shown, documents):
    if not expected.in_scope:
        yield "Magento has it, although none of the conditions ever held"
    ordered = {_line(item): _quantity(item["qty_ordered"]) for item in shown["items"]}
    if ordered != _quantities(expected.quantities):
        yield f"Magento has quantities {ordered}, Acumatica {_quantities(expected.quantities)}"
    if _amount(shown["grand_total"]) != expected.total:
        yield f"its total in Magento is {shown['grand_total']}, in Acumatica {expected.total}"
    yield from _judge_documents(expected, shown, documents, "shipment", "Acumatica shipment ",
                                expected.shipments)
    yield from _judge_documents(expected, shown, documents, "invoice", "Acumatica Invoice ",
                                {number: one[0] for number, one in expected.invoices.items()})
    yield from _judge_tracks(expected, shown)
    yield from _judge_amounts(expected, shown)
    if not expected.by_hand:
        yield from _judge_end(expected, shown)


def _judge_documents(expected, shown, documents, kind, marker, wanted):
    """Exactly one for each number, with its quantities, and nothing else."""
    lines = {item["item_id"]: _line(item) for item in shown["items"]}
    found = collections.defaultdict(list)
    for one in shown[kind + "s"]:
        found[_number(one, marker)].append(one)
    for number, ones in found.items():
        if number is None and expected.by_hand:
            continue
        if number not in wanted:
            yield f"Magento has {kind} {number}, which Acumatica does not have"
        elif len(ones) > 1:
            yield f"Magento has {kind} {number} {len(ones)} times"
    for number, quantities in wanted.items():
        state, reason = documents.get((kind, number), (None, None))
        if state is None:
            yield f"amsync does not know {kind} {number}"
        if number in found:
            made = _sum(found[number][0]["items"], lines)
            if made != _quantities(quantities):
                yield f"{kind} {number} has {made} in Magento, {_quantities(quantities)} in Acumatica"
        elif not expected.by_hand:
            yield f"Magento lacks {kind} {number}, and amsync says {state!r}: {reason}"
        elif state == "published" and "ship" not in expected.by_hand:
            yield f"Magento lacks {kind} {number}, but amsync says that it is published"


def _judge_tracks(expected, shown):
    for one in shown["shipments"]:
        number = _number(one, "Acumatica shipment ")
        tracks = sorted(track["track_number"] for track in one["tracks"])
        if number in expected.tracks and tracks != expected.tracks[number]:
            yield f"shipment {number} has tracking {tracks}, in Acumatica {expected.tracks[number]}"


def _judge_amounts(expected, shown):
    for one in shown["invoices"]:
        number = _number(one, "Acumatica Invoice ")
        if number in expected.invoices and (_amount(one["grand_total"])
                                            != expected.invoices[number][1]):
            yield (f"invoice {number} is of {one['grand_total']} in Magento,"
                   f" of {expected.invoices[number][1]} in Acumatica")


def _judge_end(expected, shown):
    """The order's newest state is what Magento shows."""
    state = shown["state"]
    if expected.last.cancelled:
        wanted = state == "canceled"
    elif expected.last.hold:
        wanted = state == "holded"
    elif expected.completed:
        wanted = state == "complete"
    else:
        wanted = state in ("new", "processing", "complete")
    if not wanted:
        yield (f"it is {state!r} in Magento, but in Acumatica hold is {expected.last.hold},"
               f" cancelled {expected.last.cancelled}, completed {expected.completed}")
    if last_edit_shown(shown) != expected.last.edit:
        yield f"Magento was last told edit {last_edit_shown(shown)} of {expected.last.edit}"


def _number(document, marker):
    """Of Acumatica, from our marker; None: not ours."""
    for one in document["comments"]:
        if (one["comment"] or "").startswith(marker):
            return one["comment"].removeprefix(marker)
    return None


def _line(item):
    return int(item["ext_order_item_id"])


def _quantity(value):
    return decimal.Decimal(str(value)).normalize()


def _quantities(quantities):
    return {line: _quantity(quantity) for line, quantity in quantities.items()}


def _sum(items, lines):
    made = {}
    for item in items:
        line = lines[item["order_item_id"]]
        made[line] = _quantity(made.get(line, 0) + _quantity(item["qty"]))
    return made


def _amount(value):
    return decimal.Decimal(str(value)).quantize(decimal.Decimal("0.01"))
