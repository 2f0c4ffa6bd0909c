"""What the profile demo of compose.yaml runs, against the amsync that runs beside it.

magento      the simulated shop
healthcheck  whether that answers
acumatica    plays the thirteen steps of scripts/demo.py; exits 1 at the first that differs
"""

import os
import pathlib
import sys
import time

from demo import Demo, Differs, RealMagento
from support import web
from support.acumatica import Acumatica
from support.push import Destination, Dispatcher
from support.service import Amsync

SHARED = pathlib.Path("/usr/local/share/amsync-demo")
PORT = 8081
SKUS = ("AALEGO500", "CONAIRT1")


def secret(name):
    return pathlib.Path(os.environ[f"{name}_FILE"]).read_text("utf-8").strip()


def magento():
    os.execvp("magento-sim", [
        "magento-sim", "--listen", "0.0.0.0", "--port", str(PORT),
        "--token", secret("AMSYNC_MAGENTO_TOKEN"),
        "--schema", str(SHARED / "magento-schema.json"),
        "--directory", str(SHARED / "magento-directory.json")])


def healthcheck():
    return 0 if web.get(f"http://127.0.0.1:{PORT}/_sim/requests").status == 200 else 1


def acumatica():
    amsync = Amsync({}, "/tmp", program="/usr/local/bin/amsync")
    # The commands take the settings of this container, the secrets as files.
    amsync.settings = {name: value for name, value in os.environ.items()
                       if name.startswith("AMSYNC_")}
    shop = RealMagento(os.environ["AMSYNC_MAGENTO_URL"], secret("AMSYNC_MAGENTO_TOKEN"))
    destination = Destination(os.environ["DEMO_AMSYNC_URL"], secret("AMSYNC_WEBHOOK_SECRET"))
    # The database outlives this container, and numbers are taken for ever: each run has its own.
    simulated = Acumatica(dispatcher=Dispatcher(destination), deliver_at_once=True,
                          first_number=int(time.time()) % 1_000_000)
    try:
        Demo(amsync, simulated, shop, SKUS).play()
    except Differs as difference:
        print(f"\nNot as it should be: {difference}", file=sys.stderr)
        return 1
    print("\nAll thirteen steps came out as they should.")
    return 0


ROLES = {"magento": magento, "healthcheck": healthcheck, "acumatica": acumatica}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ROLES:
        sys.exit(__doc__)
    sys.exit(ROLES[sys.argv[1]]())
