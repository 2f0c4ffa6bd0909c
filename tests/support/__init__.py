"""What amsync's whole-process tests and its demo stand on.

    postgres    a private PostgreSQL cluster in a folder of its own
    process     programs started, watched and stopped by process id, their output kept
    magento     the simulated Magento
    acumatica   the simulated Acumatica: documents, and the notifications that they cause
    service     the amsync program: `serve` and the commands
    web         an HTTP client that hides nothing
    waiting     waiting for something to become true, with a deadline

Standard library and psycopg only. Nothing here depends on pytest.
"""
