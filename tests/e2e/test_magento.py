"""How the tests run the simulated Magento."""

import pytest

from support.magento import Magento

ORDER = {"increment_id": "000000001", "ext_order_id": "MyStore/SO/SO005555",
         "customer_email": "mary.major@example.com", "grand_total": 50, "base_grand_total": 50,
         "items": [{"sku": "AALEGO500", "name": "Lego", "qty_ordered": 1, "price": 50}],
         "payment": {"method": "checkmo"}}


@pytest.fixture
def order_id(magento):
    answer = magento.rest("POST", "V1/orders", {"entity": ORDER})
    assert answer.status == 200, answer.text()
    return answer.json()["entity_id"]


def test_the_ledger_has_what_was_created(magento, order_id):
    assert magento.order()["increment_id"] == ORDER["increment_id"]
    assert magento.order(ext_order_id="MyStore/SO/SO005555")["entity_id"] == order_id
    assert magento.orders(increment_id="000000002") == []
    assert magento.count("POST /V1/orders") == 1


def test_a_person_may_change_what_was_created(magento, order_id):
    magento.by_hand(order_id, "hold")
    assert magento.order()["state"] == "holded"


def test_what_was_created_may_be_forgotten(magento, order_id):
    magento.reset()
    assert magento.orders() == []


def test_another_token_is_refused(magento):
    magento.set(integrations=[{"token": "another"}])
    assert magento.rest("GET", "V1/store/storeViews").status == 401


def test_two_simulations_do_not_meet(magento, order_id, tmp_path):
    with Magento(tmp_path) as other:
        assert other.orders() == []
        assert len(magento.orders()) == 1
