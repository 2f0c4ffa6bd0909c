"""What the image is: its configuration, and that it holds nothing but what runs."""

import os
import re
import subprocess
import tarfile

from engine import BASE, FOLDER, REVISION, ROOT
from support.service import build_folder

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
LABELS = "org.opencontainers.image."

# Where packages' installation scripts make files that no package names.
MADE_BY_PACKAGES = re.compile(r"(dev|etc|run|var)/|root/\.(bashrc|profile)$|usr/share/info/dir$")
UNWANTED_PACKAGE = re.compile(r".*-dev$|(gcc|g\+\+|cpp|clang)(-\d+)?$|make$|meson$|ninja-build$|"
                              r"binutils.*|python.*|git$|pkg-config$|.*-(dbg|doc)$")


def test_its_configuration(engine):
    image = engine.image("amsync")
    config = image["Config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["amsync"]
    assert config["Cmd"] == ["serve"]
    assert config["StopSignal"] == "SIGTERM"
    assert config["ExposedPorts"] == {"8080/tcp": {}}
    assert image["Healthcheck"]["Test"] == ["CMD", "amsync", "healthcheck"]
    # The command gives up by itself after 5 s, and says why; Docker must not be sooner.
    assert image["Healthcheck"]["Timeout"] > 5_000_000_000
    assert not any(variable.startswith("AMSYNC_") for variable in config["Env"])


def test_its_labels(engine):
    version = subprocess.run([build_folder() / "amsync", "--version"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.split()[1]
    labels = engine.image("amsync")["Config"]["Labels"]
    assert {name.removeprefix(LABELS): value for name, value in labels.items()
            if name.startswith(LABELS)} == {
        "title": "amsync",
        "description": "Carries orders, shipments and invoices from Acumatica to Magento",
        "version": version,
        "revision": REVISION,
        "licenses": "MIT",
    }


def paragraphs(status):
    """dpkg's status: each package's fields by name."""
    packages = {}
    for text in status.split("\n\n"):
        fields = dict(re.findall(r"^([\w-]+): (.*)$", text, re.MULTILINE))
        if fields.get("Status") == "install ok installed":
            packages[fields["Package"]] = fields
    return packages


def needed(packages, names):
    """The packages that these depend on, and they themselves."""
    providers = {provided.split()[0]: name for name, fields in packages.items()
                 for provided in re.split(", *", fields.get("Provides", "")) if provided}
    found, left = set(), list(names)
    while left:
        name = left.pop()
        name = name if name in packages else providers.get(name)
        if name is None or name in found:
            continue
        found.add(name)
        depends = ", ".join(packages[name].get(field, "") for field in ("Depends", "Pre-Depends"))
        left += re.findall(r"[a-z0-9][a-z0-9+.-]+(?=[ :,|]|$)", re.sub(r"\([^)]*\)", "", depends))
    return found


def group(name):
    """A group of scripts/install-deps."""
    script = (ROOT / "scripts" / "install-deps").read_text("utf-8")
    return set(re.search(rf'\[{name}\]="([^"]*)"', script)[1].split())


def stage(pattern):
    """The packages that a stage of the Dockerfile installs."""
    text = re.search(rf"^FROM {pattern}\n(.*?)(?=^FROM|\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)[1]
    listed = re.search(r"--no-install-recommends ([a-z0-9 .+-]+?) *(&&|$)", text, re.MULTILINE)[1]
    return set(listed.split())


def test_the_dockerfile_installs_what_install_deps_does():
    assert stage("debian:bookworm-slim AS libraries") == group("run")
    assert stage("debian:bookworm-slim AS build") == group("build")
    assert stage("build AS build-demo") <= group("test")
    assert stage("libraries AS demo") <= group("test")


def test_its_packages_are_those_of_the_libraries(engine):
    with tarfile.open(FOLDER / "base.tar") as base:
        status = base.extractfile("./var/lib/dpkg/status").read().decode("utf-8")
    base_packages = paragraphs(status)
    with engine.files("amsync") as folder:
        packages = paragraphs((folder / "var/lib/dpkg/status").read_text("utf-8"))
    assert group("run") <= set(packages)
    assert set(packages) - set(base_packages) <= needed(packages, group("run"))
    assert [name for name in packages if UNWANTED_PACKAGE.match(name)] == []


def files_below(folder):
    """Every file and link, by its path in the image, but the links that name an alternative."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if not (os.path.islink(path) and os.readlink(path).startswith("/etc/alternatives/")):
                yield os.path.relpath(path, folder)


def owned(folder):
    """The paths that packages name; what they put below /lib is in /usr/lib."""
    for listed in (folder / "var/lib/dpkg/info").glob("*.list"):
        for line in listed.read_text("utf-8").splitlines():
            yield re.sub(r"^(bin|sbin|lib\w*)/", r"usr/\1/", line.lstrip("/"))


def test_it_holds_nothing_of_its_own_but_the_program(engine):
    with engine.files("amsync") as folder:
        of_packages = set(owned(folder))
        files = set(files_below(folder))
        indexes = list((folder / "var/lib/apt/lists").glob("*Packages*"))
    own = {path for path in files - of_packages if not MADE_BY_PACKAGES.match(path)}
    assert own == {"usr/local/bin/amsync"}
    assert indexes == []


def test_it_is_made_from_debian_alone(engine):
    base = engine.image(BASE)["RootFS"]["Layers"]
    layers = engine.image("amsync")["RootFS"]["Layers"]
    assert layers[:len(base)] == base
    assert len(layers) == len(base) + 2  # the libraries, the program
