"""The steps that Magento saw of one order, held against the states that Acumatica had, in order."""

import re

TOWN = re.compile(r"Town (\d+)")


def town_of_create(shown):
    assignments = shown["extension_attributes"]["shipping_assignments"]
    return _edit(assignments[0]["shipping"]["address"]["city"])


def town_of_comment(shown, step):
    """The edit that a comment of ours tells of; None where it tells of something else."""
    text = step.get("comment") or ""
    if not text.startswith("Changed in Acumatica"):
        return None
    return town_of_create(shown) if text.endswith("as it was created again") else _edit(text)


def _edit(text):
    towns = TOWN.findall(text)
    return int(towns[-1]) if towns else None


def last_edit_shown(shown):
    told = [town_of_comment(shown, step) for step in shown["steps"] if step["what"] == "comment"]
    told = [edit for edit in told if edit is not None]
    return told[-1] if told else town_of_create(shown)


def was_held_and_forgotten(expected, shown):
    """README's limit: a hold of amsync that was set after a backup was begun that was then restored
    is taken for a person's."""
    return any(step["what"] == "hold" and began <= step["at"] <= restored
               for step in shown["steps"] for began, restored in expected.restores)


def check_steps(expected, shown):
    """What is out of order, as texts. A person's own steps are not judged."""
    yield from _check_sequence(expected, shown["steps"])
    if not expected.by_hand:
        yield from _Reader(expected, shown).read()


def _check_sequence(expected, steps):
    """One create, before all else; no invoice before the shipments it names."""
    made = [step["what"] for step in steps]
    if made.count("create") != 1 or made[0] != "create":
        yield f"Magento saw {made}: it should begin with the only create"
    shipped = set()
    for step in steps:
        number = (step.get("comment") or "").rpartition(" ")[2]
        if step["what"] == "ship":
            shipped.add(number)
        missing = expected.invoiced_shipments.get(number, set()) - shipped
        if step["what"] == "invoice" and missing:
            yield f"Magento saw invoice {number} before shipment {', '.join(sorted(missing))}"


class _Reader:
    """Goes through the steps and keeps the oldest version that Magento can have been told last."""

    def __init__(self, expected, shown):
        self._versions = expected.versions
        self._completed = expected.completed
        self._restored_at_ms = [restored for _, restored in expected.restores]
        self._shown = shown
        self._at = 0

    def read(self):
        steps = self._shown["steps"]
        for place, step in enumerate(steps):
            self._begin_anew_after_a_restore(step)
            problem = self._judge(step, steps[place + 1:])
            if problem:
                yield (f"step {step['step']} ({step['what']}) shows an older state after a newer"
                       f" one: {problem}")

    def _begin_anew_after_a_restore(self, step):
        """Acumatica repeats what it had sent since the backup, older states first."""
        while self._restored_at_ms and step["at"] >= self._restored_at_ms[0]:
            self._restored_at_ms.pop(0)
            self._at = 0

    def _judge(self, step, later):
        what = step["what"]
        if what == "create":
            return self._told(town_of_create(self._shown))
        if what == "comment":
            return self._told(town_of_comment(self._shown, step))
        if what == "hold":
            return self._advance(lambda version: version.hold, "on hold")
        if what == "unhold" and not _is_lifted_for_a_document(later):
            return self._advance(lambda version: not version.hold, "off hold")
        if what == "cancel" and not self._completed:
            return self._advance(lambda version: version.cancelled, "canceled")
        return None

    def _told(self, edit):
        if edit is None:
            return None
        places = [place for place, version in enumerate(self._versions) if version.edit == edit]
        if not places:
            return f"edit {edit} was never made"
        if places[-1] < self._at:
            return (f"edit {edit} was the order's state up to version {places[-1]}, and version"
                    f" {self._at} had been shown")
        self._at = max(self._at, places[0])
        return None

    def _advance(self, fits, words):
        for place in range(self._at, len(self._versions)):
            if fits(self._versions[place]):
                self._at = place
                return None
        return f"from version {self._at} on the order was never {words}"


def _is_lifted_for_a_document(later):
    """A hold is lifted for a shipment or an invoice, and set again afterwards."""
    for step in later:
        if step["what"] in ("ship", "invoice"):
            return True
        if step["what"] in ("hold", "unhold"):
            return False
    return False
