#!/usr/bin/python3
"""Usage: engine.py build TAG...

The images are built and run for real, with Debian's buildah, podman and runc. What can be kept for
the next run (a Debian tree, the images with their layers) is below build-test/container; what a run
needs besides is in a temporary folder of its own. `build` makes the images; it needs the network.
"""

import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "build-test" / "container"
STORAGE = FOLDER / "storage"
SUITE = "bookworm"
BASE = f"localhost/debian:{SUITE}-slim"
REVISION = "of-the-tests"
# Tags as compose.yaml has them, and the Dockerfile's stage for each, None being the last.
TARGETS = {"amsync": None, "amsync-demo": "demo"}
# Each layer is a whole copy of what is below it; the cache starts anew beyond this many.
LAYERS_MAX = 60
DEADLINE_S = 900

# How amsync is to be able to run: nothing writable, no right, nobody's user.
CONFINED = ("--read-only", "--read-only-tmpfs=false", "--user", "65532", "--cap-drop", "ALL",
            "--security-opt", "no-new-privileges")

CONTAINERS_CONF = """\
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
runtime = "runc"
tmp_dir = "{run}/tmp"
"""
STORAGE_CONF = """\
[storage]
driver = "vfs"
graphroot = "{storage}"
runroot = "{run}/run"
"""


class Failed(Exception):
    """A program of the container tools, or of Debian's, failed."""


def call(arguments, env=None, **options):
    """Its standard output. Failed unless it exits 0."""
    arguments = [str(argument) for argument in arguments]
    done = subprocess.run(arguments, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=DEADLINE_S, check=False,
                          **options)
    if done.returncode != 0:
        raise Failed(f"$ {shlex.join(arguments)}\nexit code {done.returncode}\n"
                     f"{done.stdout}{done.stderr}")
    return done.stdout


class Engine:
    """`with Engine() as engine:` ends and removes its containers at the end."""

    def __init__(self):
        # Not below FOLDER: podman refuses a run folder whose name has more than 50 characters.
        self.run_folder = pathlib.Path(tempfile.mkdtemp(prefix="amsync-run-"))
        self.env = {**os.environ,
                    "CONTAINERS_CONF": str(self.run_folder / "containers.conf"),
                    "CONTAINERS_STORAGE_CONF": str(self.run_folder / "storage.conf")}
        for name, text in (("containers.conf", CONTAINERS_CONF), ("storage.conf", STORAGE_CONF)):
            text = text.format(run=self.run_folder, storage=STORAGE)
            (self.run_folder / name).write_text(text, "utf-8")

    def __enter__(self):
        if len(list((STORAGE / "vfs" / "dir").glob("*"))) > LAYERS_MAX:
            shutil.rmtree(STORAGE)
        STORAGE.mkdir(parents=True, exist_ok=True)
        # It names the run folder of the run before, and podman insists on that one.
        shutil.rmtree(STORAGE / "libpod", ignore_errors=True)
        self._remove_containers()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Failed):
            self.podman("rm", "--force", "--all", "--time", "0")
        self._remove_containers()
        shutil.rmtree(self.run_folder)

    def _remove_containers(self):
        """Also those that a run that was killed left in the storage."""
        left = self.podman("ps", "--all", "--external", "--quiet").split()
        if left:
            self.podman("rm", "--force", *left)

    def podman(self, *arguments):
        return call(["podman", *arguments], env=self.env)

    # --- building

    def build(self, tag):
        if not self._has_image(BASE):
            self.podman("import", base_tree(), BASE)
        target = TARGETS[tag]
        # --format: OCI's own has no place for HEALTHCHECK.
        return call(["buildah", "bud", "--isolation", "chroot", "--network", "host", "--layers",
                     "--format", "docker", "--pull-never", "--file", ROOT / "docker" / "Dockerfile",
                     "--build-arg", f"REVISION={REVISION}",
                     *([] if target is None else ["--target", target]), "--tag", tag, ROOT],
                    env=self.env, cwd=ROOT)

    def _has_image(self, name):
        with contextlib.suppress(Failed):
            self.podman("image", "exists", name)
            return True
        return False

    # --- running

    def run_arguments(self, *options):
        """What runs a container in the network that the tests are in; image and command follow."""
        return ["podman", "run", "--rm", "--interactive", "--pull", "never", "--network", "host",
                "--log-driver", "none", "--no-healthcheck", "--ulimit", "nofile=1000:1000",
                "--ulimit", "nproc=500:500", *options]

    def write_program(self, path, image):
        """A program that passes for amsync: it runs it in a container, confined, with the AMSYNC_*
        variables of its environment; commands in the container of the service with the same
        admin listener, if there is one."""
        run = shlex.join(self.run_arguments(*CONFINED, "--env", "AMSYNC_*"))
        path.write_text(
            "#!/bin/sh\n"
            f"export CONTAINERS_CONF={shlex.quote(self.env['CONTAINERS_CONF'])}\n"
            f"export CONTAINERS_STORAGE_CONF={shlex.quote(self.env['CONTAINERS_STORAGE_CONF'])}\n"
            "service=amsync-${AMSYNC_ADMIN_LISTEN##*:}\n"
            f'[ "$*" != serve ] || exec {run} --name "$service" {image} "$@"\n'
            'if podman container exists "$service"; then\n'
            '    exec podman exec --interactive "$service" amsync "$@"\n'
            "fi\n"
            f'exec {run} {image} "$@"\n', "utf-8")
        path.chmod(0o755)

    def image(self, name):
        """Its configuration, as the engine reads it."""
        return json.loads(self.podman("image", "inspect", name))[0]

    @contextlib.contextmanager
    def files(self, name):
        """The folder in which the files of an image are."""
        yield pathlib.Path(self.podman("image", "mount", name).strip())
        self.podman("image", "unmount", name)


# --- the base image, from the Debian mirror that this machine itself uses

def sources():
    """What this machine's apt has of the suite, as lines of a sources.list."""
    listed = call(["apt-get", "indextargets", "--format",
                   "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"])
    rows = [line.split() for line in listed.splitlines()]
    return [f"deb {row[1]} {row[2]} main" for row in rows
            if len(row) == 4 and row[0] == "Debian" and row[3] == "main"
            and row[2] in (SUITE, f"{SUITE}-updates", f"{SUITE}-security")]


def apt_options():
    """How this machine's apt reaches its mirror: proxies, certificates, time-outs."""
    dumped = call(["apt-config", "dump"])
    kept = re.compile(r'Acquire::(https?|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])\b')
    return "".join(line + "\n" for line in dumped.splitlines() if kept.match(line))


def base_tree():
    """A tar of Debian's least system, without manuals, as bookworm-slim is."""
    path = FOLDER / "base.tar"
    if path.exists():
        return path
    if not sources():
        call(["apt-get", "update"])
    if not sources():
        raise Failed(f"this machine's apt has no Debian {SUITE}; its sources must name a mirror")
    with tempfile.TemporaryDirectory(prefix="amsync-base-") as folder:
        # It stays in the tree, so that apt works in the build as it does here.
        options = pathlib.Path(folder) / "apt.conf"
        options.write_text(apt_options() + 'Acquire::Languages "none";\n', "utf-8")
        listed = pathlib.Path(folder) / "sources.list"
        listed.write_text("\n".join(sources()) + "\n", "utf-8")
        made = path.with_suffix(".new.tar")
        call(["mmdebstrap", "--quiet", "--variant=minbase", f"--aptopt={options}",
              "--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/man/*",
              "--dpkgopt=path-exclude=/usr/share/doc/*",
              "--dpkgopt=path-include=/usr/share/doc/*/copyright", SUITE, made, listed])
        made.rename(path)
    return path


def main(arguments):
    if arguments[:1] != ["build"] or not set(arguments[1:]) <= set(TARGETS):
        sys.exit(__doc__.split("\n", 1)[0])
    try:
        with Engine() as engine:
            for tag in arguments[1:]:
                print(engine.build(tag))
    except Failed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main(sys.argv[1:])
