"""A small volume of its own that can be filled, so that a disk is really full."""

import contextlib
import errno
import pathlib
import subprocess
import tempfile


class Volume:
    """`with Volume(megabytes) as volume:` mounts it at `volume.path`, where everybody may make files.

    Mounting takes root; without that a test fails that needs it.
    """

    def __init__(self, megabytes):
        self._megabytes = megabytes
        self.path = None

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="amsync-volume-"))
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m,mode=1777", "tmpfs", self.path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            self.path.rmdir()
            raise AssertionError(f"a volume cannot be mounted, which takes root: {done.stdout}")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.path], check=True)
        self.path.rmdir()

    @property
    def _filler(self):
        return self.path / "filler"

    def fill(self):
        """Takes all that is left, to the last block."""
        with open(self._filler, "ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        self.require_full()

    def require_full(self):
        with open(self._filler, "ab", buffering=0) as file:
            try:
                file.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
                return
        raise AssertionError("there is room on the volume")

    def free(self):
        """Makes room again; if it has been filled."""
        self._filler.unlink(missing_ok=True)
