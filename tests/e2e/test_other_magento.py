"""The numbers in a database belong to one Magento."""


def test_serve_refuses_another_magento(service, acumatica, magento):
    order = acumatica.create_order([("AALEGO500", "2", "50.00")])
    acumatica.pay(order)
    service.wait_for_order(order.number, "published")
    service.stop()

    for other in ({"AMSYNC_MAGENTO_URL": "https://other.example"},
                  {"AMSYNC_MAGENTO_STORE": "french"}):
        refused = service.command("serve", exit_code=2, settings=other).stderr
        assert magento.url.rstrip("/") in refused
        assert next(iter(other.values())) in refused
    service.start()
