"""PostgreSQL's disk is full: what cannot be kept is refused, never acknowledged; once there is room, all
goes on by itself."""

import contextlib

import psycopg

from support import web
from support.postgres import Cluster
from support.process import UnexpectedExit
from support.scene import Scene, add_mappings
from support.service import Amsync
from support.volume import Volume
from support.waiting import wait_until

LINES = [("AALEGO500", 2, "50.00")]

# Text that no column is for and that does not compress, so that each notification needs room.
PADDING = "".join(chr(0x4E00 + (i * i * 7919) % 20000) for i in range(20000))


@contextlib.contextmanager
def installation(cluster, volume, folder):
    name = cluster.create_database()
    amsync = Amsync({"AMSYNC_DATABASE_URL": cluster.uri(name)}, folder)
    amsync.command("migrate")
    add_mappings(amsync)
    with Scene(cluster, name, folder) as scene:
        scene.acumatica.deliver_at_once = False
        try:
            yield scene.start()
        finally:
            volume.free()
        assert scene.magento.requests()["violations"] == []


def post_one(scene, accepted, refused):
    """One attempt to deliver a new order; into which list it goes says what was answered."""
    order = scene.acumatica.create_order(LINES, paid=100, extra={"Padding": PADDING})
    (told,) = scene.acumatica.outbox
    scene.acumatica.outbox = []
    answer = scene.acumatica.dispatcher.post(told)
    assert answer.status in (202, 503), answer.text()
    if answer.status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    (accepted if answer.status == 202 else refused).append((order, told))


def fill_until_refused(scene, volume, accepted):
    refused = []
    volume.fill()
    wait_until(lambda: post_one(scene, accepted, refused) or refused, "a refusal", 60)
    return refused


def runs(cluster):
    """Starts it if it has ended; recovering, it may end over what was full before."""
    if not cluster.is_running:
        with contextlib.suppress(UnexpectedExit):
            cluster.start()
    with contextlib.suppress(psycopg.OperationalError), cluster.connect():
        return True
    return False


def readiness(scene):
    answer = web.get(scene.amsync.admin_url + "/readyz")
    return answer.status, answer.json()


def connection_attempts(scene):
    return sum(line["event"] in ("ingest.database_connected", "ingest.database_away")
               for line in scene.amsync.process_log())


def require_refusing(scene, accepted, refused, reason):
    """Nothing more is accepted; not ready, with the reason, however often it connects anew."""
    wait_until(lambda: readiness(scene)[0] == 503, "not being ready")
    for _ in range(5):
        post_one(scene, accepted, refused)
    assert len(refused) >= 6
    wait_until(lambda: "reason" in readiness(scene)[1], lambda: readiness(scene))
    before = connection_attempts(scene)

    def connected_again():
        status, details = readiness(scene)
        assert (status, details["status"], details["database"]) == (503, "not ready", "not writable")
        assert reason(details["reason"]), details
        assert scene.amsync.probe("/livez") == 200
        return connection_attempts(scene) >= before + 2
    wait_until(connected_again, "two more attempts to connect")


def require_goes_on(scene, accepted, refused):
    """What was acknowledged is there and is published; what was refused is taken now."""
    wait_until(scene.amsync.is_ready, lambda: scene.amsync.process.describe(), 90)
    kept = {bytes(body) for body, in scene.rows("SELECT convert_to(body, 'UTF8') FROM amsync.notification")}
    assert [order.number for order, told in accepted if told.body() not in kept] == []
    for _, told in refused:
        assert scene.acumatica.dispatcher.send(told).accepted
    for order, _ in accepted + refused:
        scene.amsync.wait_for_order(order.number, "published")
    assert len(scene.magento.orders()) == len(accepted + refused)


def test_the_disk_of_the_data_is_full(tmp_path):
    accepted = []
    with Volume(160) as volume, Cluster(data_folder=volume.path / "data") as cluster, \
            installation(cluster, volume, tmp_path) as scene:
        post_one(scene, accepted, [])
        refused = fill_until_refused(scene, volume, accepted)
        require_refusing(scene, accepted, refused, lambda reason: "No space left on device" in reason)
        assert "(SQLSTATE 53100): the database server's disk is full" in scene.amsync.process.stderr()
        volume.free()
        require_goes_on(scene, accepted, refused)


def test_the_disk_of_the_write_ahead_log_is_full(tmp_path):
    """PostgreSQL ends itself over that, at once or when it recovers; whoever watches it starts it again."""
    accepted = []
    with Volume(96) as volume, Cluster(wal_folder=volume.path / "wal",
                                       settings={"min_wal_size": "32MB", "max_wal_size": "48MB"}
                                       ) as cluster, installation(cluster, volume, tmp_path) as scene:
        post_one(scene, accepted, [])
        refused = fill_until_refused(scene, volume, accepted)
        require_refusing(scene, accepted, refused, bool)
        assert "No space left on device" in cluster.log()
        volume.free()
        wait_until(lambda: runs(cluster), cluster.log)
        require_goes_on(scene, accepted, refused)
