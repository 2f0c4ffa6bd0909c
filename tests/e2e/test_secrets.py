"""No secret ever reaches the database, the logs, an answer or what a command writes."""

import base64
import json
import subprocess
import urllib.parse

import pytest

from support import web
from support.magento import CREATE
from support.postgres import server_programs
from support.service import environment
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
WEBHOOK = "Wh00k/secret+of:the@tests"
PREVIOUS = "Previous-wh00k~secret&of=tests"
ROLE_PASSWORD = "db+pass/word@of:tests"
OAUTH = {"AMSYNC_MAGENTO_AUTH": "oauth1",
         "AMSYNC_MAGENTO_CONSUMER_KEY": "sim-consumer-key-ccccccccccccccc",
         "AMSYNC_MAGENTO_CONSUMER_SECRET": "sim-consumer-secret-dddddddddddd",
         "AMSYNC_MAGENTO_TOKEN_SECRET": "sim-token-secret-bbbbbbbbbbbbbbb"}
HEADERS = {"Content-Type": "application/json"}


def forms(secret):
    """As it is, as a part of a URL or of a form, in JSON, in hexadecimal and in base64 at any offset."""
    encoded = secret.encode()
    yield secret
    yield urllib.parse.quote(secret, safe="")
    yield urllib.parse.quote(secret)
    yield urllib.parse.quote_plus(secret)
    yield json.dumps(secret)[1:-1].replace("/", "\\/")
    yield encoded.hex()
    for offset in range(3):
        # Without the characters that depend on what stands before or after it.
        text = base64.b64encode(b"\0" * offset + encoded).decode()
        yield text[4 if offset else 0:len(text.rstrip("=")) - 1]


def require_none(secrets, where, text):
    for name, secret in secrets.items():
        for form in forms(secret):
            assert form not in text, f"{name} is in {where}: ...{context(text, form)}..."


def context(text, form):
    at = text.index(form)
    return text[max(0, at - 300):at + len(form) + 100]


def dump(postgres, database):
    """All of a database, as pg_dump writes it."""
    done = subprocess.run([server_programs() / "pg_dump", "--host", postgres.folder, "--port",
                           str(postgres.port), "--username", "postgres", database],
                          env=environment({}), capture_output=True, text=True, check=True)
    return done.stdout


def envelope(**changes):
    return {"Query": "AMSync-Orders", "CompanyId": "MyStore", "Id": "1", "TimeStamp": 5,
            "Inserted": [{"OrderType": "SO", "OrderNbr": "SO1"}], **changes}


def refused_notifications(scene):
    """With the secret where it does not belong: none of these is accepted."""
    url = scene.amsync.url + "/webhooks/acumatica"
    right = {**HEADERS, "X-Amsync-Secret": WEBHOOK}
    quoted = urllib.parse.quote(WEBHOOK, safe="")
    for target, body, headers in (
            (f"{url}?secret={quoted}", envelope(), HEADERS),
            (f"{url}/{quoted}", envelope(), right),
            (url, envelope(), {**HEADERS, "Authorization": f"Bearer {WEBHOOK}"}),
            (url, envelope(), {**HEADERS, "X-Amsync-Secret": WEBHOOK + "x"}),
            (url, envelope(), {**HEADERS, "X-Amsync-Secret": base64.b64encode(WEBHOOK.encode())}),
            (url, envelope(Query=WEBHOOK), right),
            (url, envelope(Query=PREVIOUS), {**HEADERS, "X-Amsync-Secret": PREVIOUS}),
            (url, envelope(CompanyId=WEBHOOK), right),
            (url, envelope(TimeStamp=WEBHOOK), right),
            (url, envelope(Id=[WEBHOOK]), right),
            (url, envelope(Inserted=WEBHOOK), right),
            (url, WEBHOOK, right)):
        answer = web.post_json(target, body, headers, timeout_s=30)
        assert answer.status in (400, 401, 403, 404), (answer.status, answer.text())
        yield answer.text() + json.dumps(dict(answer.headers))


def failing_magento(scene, token):
    """Orders of which each call goes wrong in another way; error pages show the request as it came."""
    echo = f"no route for a request with Authorization: Bearer {token}, " + \
        ", ".join(f'{name}="{urllib.parse.quote(value, safe="")}"' for name, value in OAUTH.items())
    # The last one keeps amsync from asking again for a minute.
    for fault in ({"action": "status", "status": 400, "message": echo},
                  {"action": "status", "status": 500, "message": echo},
                  {"action": "drop"}, {"action": "bad_gateway"},
                  {"action": "status", "status": 401, "message": echo}):
        scene.magento.fault({**CREATE, "count": 1, **fault})
        order = scene.acumatica.create_order(LINES)
        scene.acumatica.pay(order)
        wait_until(lambda: scene.lines("--order", order.number, "--status", "retrying",
                                       "--status", "failed", "--status", "published"),
                   f"something about an order that met {fault['action']}")
        scene.magento.heal()


def outputs(scene, order):
    """What each command writes that shows something, and how it fails."""
    url = scene.amsync.settings["AMSYNC_DATABASE_URL"]
    wrong_settings = (
        {"AMSYNC_DATABASE_URL": url.replace(urllib.parse.quote(ROLE_PASSWORD, safe=""),
                                            ROLE_PASSWORD)},
        {"AMSYNC_DATABASE_URL": url.replace("@127", "x@127")},
        {"AMSYNC_DATABASE_URL": url + "?nonsense=1"},
        {"AMSYNC_MAGENTO_TOKEN": scene.amsync.settings["AMSYNC_MAGENTO_TOKEN"] + "\n"},
        {"AMSYNC_WEBHOOK_SECRET": WEBHOOK + " "},
        {"AMSYNC_WEBHOOK_SECRET": None, "AMSYNC_WEBHOOK_SECRET_FILE": WEBHOOK},
    )
    commands = [["config"], ["config", "--json"], ["check"], ["check", "--json"],
                ["log", "--bodies", "--limit", "1000"],
                ["log", "--json", "--bodies", "--limit", "1000"], ["order", order.number],
                ["order", "--json", order.number], ["order", WEBHOOK], ["healthcheck"], ["migrate"]]
    for command in commands:
        yield scene.amsync.command(*command, exit_code=None)
    for wrong in wrong_settings:
        settings = {name: value for name, value in {**scene.amsync.settings, **wrong}.items()
                    if value is not None}
        for command in (["config"], ["check"], ["serve"], ["log"]):
            yield subprocess.run([scene.amsync.program, *command], env=environment(settings),
                                 capture_output=True, text=True, timeout=60, check=False)
    yield scene.amsync.command("check", settings={"AMSYNC_MAGENTO_URL": "https://127.0.0.1:1"},
                               exit_code=3)


@pytest.fixture
def role(postgres):
    """A user of the database with a password that needs encoding."""
    with postgres.connect() as connection:
        connection.execute("CREATE ROLE keeper LOGIN SUPERUSER PASSWORD "
                           f"'{ROLE_PASSWORD}'")
        yield "keeper"
        connection.execute("DROP ROLE keeper")


def url_of(role, scene):
    password = urllib.parse.quote(ROLE_PASSWORD, safe="")
    return f"postgresql://{role}:{password}@127.0.0.1:{scene.postgres.port}/{scene.database}"


@pytest.mark.parametrize("auth", [{}, OAUTH], ids=["bearer", "oauth1"])
def test_no_secret_is_ever_shown(role, new_scene, auth):
    scene = new_scene(AMSYNC_LOG_LEVEL="debug", AMSYNC_LOG_BODIES="all",
                      AMSYNC_WEBHOOK_SECRET=WEBHOOK, AMSYNC_WEBHOOK_SECRET_PREVIOUS=PREVIOUS,
                      **auth)
    scene.amsync.settings["AMSYNC_DATABASE_URL"] = url_of(role, scene)
    token = scene.amsync.settings["AMSYNC_MAGENTO_TOKEN"]
    secrets = {"the webhook's secret": WEBHOOK, "its previous one": PREVIOUS,
               "the database's password": ROLE_PASSWORD, "Magento's token": token,
               **{name: value for name, value in auth.items() if value != "oauth1"}}
    parts = {f"a part of the database's password, {part}": part
             for part in ("db+pass", "word@of", "of:tests")}
    scene.start()
    try:
        order = scene.acumatica.create_order(LINES)
        scene.acumatica.pay(order)
        scene.amsync.wait_for_order(order.number, "published")
        answers = list(refused_notifications(scene))
        failing_magento(scene, token)
        told = list(outputs(scene, order))
    finally:
        scene.amsync.stop()
    kept = scene.value("SELECT count(*) FROM amsync.connector_log WHERE answer_body LIKE '%%***%%'")
    assert kept >= 2, "the error pages were not kept, so that nothing is shown by this test"
    assert scene.value("SELECT count(*) FROM amsync.connector_log WHERE status = 'refused'") >= 5
    for number, text in enumerate(answers):
        require_none(secrets, f"answer {number}", text)
    for done in told:
        arguments = getattr(done, "arguments", None) or done.args
        # What a command is asked for, it may repeat.
        asked = {name: secret for name, secret in secrets.items() if secret not in arguments}
        require_none({**asked, **parts}, f"what {arguments} wrote", done.stdout + done.stderr)
    for path in sorted(scene.log_folder.rglob("serve-*")):
        require_none(secrets, path.name, path.read_text("utf-8"))
    require_none(secrets, "the database", dump(scene.postgres, scene.database))


@pytest.mark.parametrize("kept, bodies", [
    ("none", {}), ("errors", {"failed": True}), ("all", {"failed": True, "published": True})])
def test_bodies_are_kept_as_the_setting_says_and_shown_when_asked_for(new_scene, kept, bodies):
    scene = new_scene(AMSYNC_LOG_BODIES=kept).start()
    scene.magento.fault({**CREATE, "count": 1, "action": "status",
                         "status": 400, "message": "no such thing"})
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.amsync.wait_for_order(order.number, "failed")
    scene.amsync.command("retry", order.number)
    scene.amsync.wait_for_order(order.number, "published")
    lines = scene.lines("--order", order.number, "--bodies")
    for status in ("failed", "published"):
        (line,) = [line for line in lines
                   if line["action"] == "create" and line["status"] == status]
        assert (line["request_body"] is not None) == bodies.get(status, False)
        assert (line["answer_body"] is not None) == bodies.get(status, False)
        if line["request_body"] is not None:
            assert json.loads(line["request_body"])["entity"]["increment_id"]
    assert not any("request_body" in line for line in scene.lines("--order", order.number))
    shown = scene.amsync.command("log", "--bodies", "--order", order.number).stdout
    assert ("    answer: {" in shown) == bool(bodies)
    assert "answer: {" not in scene.amsync.command("log", "--order", order.number).stdout
