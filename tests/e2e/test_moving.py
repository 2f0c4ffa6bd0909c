"""Another Magento, and notifications taken in again."""

from support.magento import TOKEN, Magento
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]


def publish(scene):
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    shipment = scene.acumatica.create_shipment(order)
    scene.acumatica.confirm_shipment(shipment)
    scene.settle()
    assert scene.state(order)["state"] == "published"
    return order


def require_refused_start(amsync, *parts):
    refused = amsync.command("serve", exit_code=2)
    assert all(part in refused.stderr for part in parts), refused.describe()


def test_the_same_shop_under_another_url(new_scene):
    scene = new_scene().start()
    order = publish(scene)
    scene.amsync.stop()
    before = scene.amsync.settings["AMSYNC_MAGENTO_URL"]
    scene.amsync.settings["AMSYNC_MAGENTO_URL"] = before.replace("127.0.0.1", "localhost")
    require_refused_start(scene.amsync, before, "amsync magento moved")
    assert "localhost" in scene.amsync.command("magento", "moved").stdout
    scene.amsync.start()
    scene.acumatica.confirm_shipment(scene.acumatica.create_shipment(order))
    scene.settle()
    assert len(scene.magento.orders()) == 1


def test_nothing_is_remembered_before_the_first_start(new_scene):
    scene = new_scene()
    refused = scene.amsync.command("magento", "moved", exit_code=1)
    assert "no shop is remembered yet" in refused.stderr
    scene.amsync.command("magento", "sold", exit_code=2)


def test_another_shop_gets_the_orders_anew(new_scene, tmp_path):
    scene = new_scene().start()
    order = publish(scene)
    running = scene.amsync.command("magento", "forget", "--yes", exit_code=1)
    assert "amsync serve is running" in running.stderr
    scene.amsync.stop()
    with Magento(tmp_path / "other", token=TOKEN) as other:
        scene.amsync.settings["AMSYNC_MAGENTO_URL"] = other.url
        require_refused_start(scene.amsync, other.url, "amsync magento forget")
        asked = scene.amsync.command("magento", "forget", exit_code=1)
        assert "nothing changed" in asked.stderr and "of 1 order," in asked.stderr
        require_refused_start(scene.amsync, other.url)
        done = scene.amsync.command("magento", "forget", "--yes", "--json")
        assert done.json() == {"orders": 1}
        scene.amsync.start()
        wait_until(lambda: len(other.orders()) == 1, scene.tail)
        scene.settle()
        shown = other.order()
        assert shown["increment_id"] == f"ACU-SO-{order.number}"
        assert len(shown["shipments"]) == 1
        assert len(scene.magento.orders()) == 1
        scene.amsync.stop()


def test_the_same_shop_forgotten_gets_nothing_twice(new_scene):
    scene = new_scene().start()
    order = publish(scene)
    scene.amsync.stop()
    done = scene.amsync.command("magento", "forget", "--yes").stdout
    assert "of 1 order are forgotten; amsync serve brings it over anew" in done
    scene.amsync.start()
    scene.amsync.wait_for_documents(order.number, shipments=1)
    scene.settle()
    assert len(scene.shown(order)["shipments"]) == 1
    assert scene.magento.count("POST /V1/orders") == 1


def test_stored_notifications_are_merged_again(new_scene):
    scene = new_scene().start()
    order = publish(scene)
    received = scene.value("SELECT count(*) FROM amsync.notification")
    nothing_new = scene.amsync.command("replay", "--since", "1h", "--json").json()
    assert nothing_new == {"notifications": received}
    scene.settle()
    assert scene.magento.count("POST /V1/orders") == 1
    scene.rows("DELETE FROM amsync.sales_order RETURNING id")
    first = scene.value("SELECT min(id) FROM amsync.notification")
    assert "1 notification is taken in again" in scene.amsync.command(
        "replay", "--notification", first).stdout
    scene.settle()
    assert scene.amsync.order(order.number)["known"]
    scene.amsync.command("replay", "--since", "7d")
    scene.settle()
    assert scene.state(order)["state"] == "published"
    assert len(scene.shown(order)["shipments"]) == 1


def test_all_taken_in_again_twice_changes_nothing(new_scene):
    """Neither what is known, byte for byte, nor anything in Magento, which is not even written to."""
    scene = new_scene().start()
    erp = scene.acumatica
    order = publish(scene)
    erp.add_line(order, "AACOMPUT01", 1, "5.00")
    erp.remove_line(order, 1)
    erp.pay(order)
    late = erp.create_order(LINES, ship_via="PIGEON")
    erp.hold(late)
    scene.settle()

    def everything():
        known = [scene.rows(f"SELECT t::text FROM amsync.{table} AS t ORDER BY 1") for table in (
            "sales_order", "document", "document_body", "order_line", "customer")]
        writes = {name: count for name, count in scene.magento.requests()["counts"].items()
                  if not name.startswith("GET")}
        return known, scene.magento.orders(), writes
    before = everything()
    received = scene.value("SELECT count(*) FROM amsync.notification")
    for _ in range(2):
        again = scene.amsync.command("replay", "--since", "7d", "--json").json()
        assert again == {"notifications": received}
        scene.settle()
        assert everything() == before
    lines = [line for line in scene.lines("--limit", 3 * received)
             if line["action"] == "receive" and line["status"] in ("unchanged", "superseded")]
    assert len(lines) >= 2 * received


def test_what_is_not_kept_cannot_be_taken_in_again(new_scene):
    scene = new_scene()
    refused = scene.amsync.command("replay", "--notification", "4711", exit_code=1)
    assert "notification 4711 is not kept" in refused.stderr
    assert "0 notifications are taken" in scene.amsync.command("replay", "--since", "1h").stdout
    for arguments in (["replay"], ["replay", "--since", "yesterday"], ["replay", "now"],
                      ["replay", "--since", "1h", "--notification", "1"]):
        assert "--help shows how" in scene.amsync.command(*arguments, exit_code=2).stderr
