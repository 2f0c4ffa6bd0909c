"""An HTTP client that hides nothing: no redirects, no retries, no decoding."""

import dataclasses
import http.client
import json
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode("utf-8", "replace")


class Connection:
    """One keep-alive connection to the host of `url`; `with` closes it."""

    def __init__(self, url, timeout_s=10.0):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http":
            raise ValueError(f"not an http URL: {url}")
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def request(self, method, target, body=None, headers=None):
        """`target` is path and query. OSError or HTTPException where no answer came."""
        if isinstance(body, str):
            body = body.encode("utf-8")
        self._connection.request(method, target, body=body, headers=headers or {})
        answer = self._connection.getresponse()
        return Response(answer.status, answer.headers, answer.read())


def request(method, url, body=None, headers=None, timeout_s=10.0):
    """One request on a connection of its own."""
    parts = urllib.parse.urlsplit(url)
    target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    with Connection(url, timeout_s) as connection:
        return connection.request(method, target, body, headers)


def get(url, **options):
    return request("GET", url, **options)


def post_json(url, value, headers=None, **options):
    return request("POST", url, body=json.dumps(value),
                   headers={"Content-Type": "application/json", **(headers or {})}, **options)
