"""Acumatica's push notifications: their shape on the wire, and how they are sent.

One notification tells what one transaction changed in the result of one generic inquiry. It is sent
at most five times; then it waits on the form Process Push Notifications (SM502000) for somebody to
send it again.
"""

import concurrent.futures
import dataclasses
import datetime
import decimal
import http.client
import json
import threading
import time

from support import web

TICKS_PER_SECOND = 10_000_000
UNIX_EPOCH_TICKS = 62_135_596_800 * TICKS_PER_SECOND
ATTEMPTS = 5


def ticks(moment):
    """.NET's count of 100 ns since the year 1, of an aware datetime."""
    since = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return UNIX_EPOCH_TICKS + since // datetime.timedelta(microseconds=1) * 10


def date_time(moment):
    """`2025-03-20T09:22:25.3`: without a zone, the fraction without its last zeros."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{moment.microsecond // 1000:03d}".rstrip("0")
    return f"{text}.{fraction}" if fraction else text


def wire_json(value):
    """JSON without spaces; a Decimal keeps each of its digits, which a float would not."""
    if isinstance(value, dict):
        members = (f"{wire_json(key)}:{wire_json(member)}" for key, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(wire_json, value)) + "]"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return json.dumps(date_time(value))
    return json.dumps(value, ensure_ascii=False)


@dataclasses.dataclass(frozen=True)
class Notification:
    """`kind` is orders, shipments or invoices; it is not sent, but chooses the address."""

    kind: str
    query: str
    company: str
    id: str
    timestamp: int
    inserted: list
    deleted: list
    started: datetime.datetime

    def envelope(self):
        return {
            "Inserted": self.inserted,
            "Deleted": self.deleted,
            "Query": self.query,
            "CompanyId": self.company,
            "Id": self.id,
            "TimeStamp": self.timestamp,
            "AdditionalInfo": {
                "PXPerformanceInfoStartTime": self.started.strftime("%m/%d/%Y %H:%M:%S"),
            },
        }

    def body(self):
        return wire_json(self.envelope()).encode("utf-8")

    def halves(self):
        """Its Deleted and its Inserted rows apart, as they sometimes come."""
        return (dataclasses.replace(self, inserted=[]), dataclasses.replace(self, deleted=[]))


@dataclasses.dataclass(frozen=True)
class Destination:
    """A webhook destination (SM302000): an address, and one header with the secret.

    Without `kind_in_path` all kinds go to one address, and the query's name tells them apart.
    """

    url: str
    secret: str
    header: str = "X-Amsync-Secret"
    kind_in_path: bool = True

    def address(self, notification):
        base = f"{self.url}/webhooks/acumatica"
        return f"{base}/{notification.kind}" if self.kind_in_path else base


@dataclasses.dataclass
class Delivery:
    """What became of one notification; `answers` has a status or an exception's name an attempt."""

    notification: Notification
    answers: list = dataclasses.field(default_factory=list)
    accepted: bool = False


class Dispatcher:
    """Sends notifications; those that were refused five times wait in `failed`."""

    def __init__(self, destination, timeout_s=10.0, pause_s=0.05):
        self.destination = destination
        self.failed = []
        self._timeout_s = timeout_s
        self.pause_s = pause_s
        self._lock = threading.Lock()

    def post(self, notification):
        """One attempt. OSError or HTTPException where no answer came."""
        return web.request(
            "POST", self.destination.address(notification), body=notification.body(),
            headers={"Content-Type": "application/json; charset=utf-8",
                     self.destination.header: self.destination.secret},
            timeout_s=self._timeout_s)

    def send(self, notification):
        """Up to five attempts, until one is answered with 2xx."""
        delivery = Delivery(notification)
        for attempt in range(ATTEMPTS):
            if attempt > 0:
                time.sleep(self.pause_s)
            try:
                status = self.post(notification).status
            except (OSError, http.client.HTTPException) as error:
                delivery.answers.append(type(error).__name__)
                continue
            delivery.answers.append(status)
            if 200 <= status < 300:
                delivery.accepted = True
                return delivery
        with self._lock:
            self.failed.append(notification)
        return delivery

    def send_all(self, notifications, parallel=1):
        """The deliveries, in the order of the notifications; with `parallel`, several at once."""
        if parallel == 1:
            return [self.send(notification) for notification in notifications]
        with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
            return list(pool.map(self.send, notifications))

    def send_failed_again(self):
        """The button Send All of SM502000."""
        with self._lock:
            waiting, self.failed = self.failed, []
        return self.send_all(waiting)
