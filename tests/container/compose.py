"""docker/compose.yaml, read as Docker does, and turned into what podman is called with."""

import re
import shlex

import yaml

# What a service may have here; a key that nothing below looks at would go untested.
SERVICE_KEYS = {"build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image",
                "ports", "profiles", "read_only", "restart", "secrets", "security_opt", "shm_size",
                "stop_grace_period", "tmpfs", "user", "volumes"}
DURATION_S = {"s": 1, "m": 60}

_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:[-?])([^}]*))?\})")


class Missing(Exception):
    """A variable that the file requires is not set."""


def read_env_file(path):
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def interpolate(value, variables):
    """Docker's ${NAME}, ${NAME:-default}, ${NAME:?why} and $$ in every text of a value."""
    def replace(match):
        escaped, name, operator, more = match.groups()
        if escaped:
            return "$"
        found = variables.get(name, "")
        if found or operator is None:
            return found
        if operator == ":?":
            raise Missing(f"{name}: {more}")
        return more
    if isinstance(value, dict):
        return {key: interpolate(member, variables) for key, member in value.items()}
    if isinstance(value, list):
        return [interpolate(member, variables) for member in value]
    return _VARIABLE.sub(replace, value) if isinstance(value, str) else value


def seconds(text):
    return int(text[:-1]) * DURATION_S[text[-1]]


class Compose:
    """The file with the values of `variables`. Paths in it are relative to its folder."""

    def __init__(self, path, variables):
        self.folder = path.parent
        self.content = interpolate(yaml.safe_load(path.read_text("utf-8")), variables)
        self.services = self.content["services"]
        for name, service in self.services.items():
            unknown = set(service) - SERVICE_KEYS
            assert not unknown, f"{name}: nothing here tests {sorted(unknown)}"

    def active(self, *profiles):
        """The names of the services that run with these profiles, each after what it waits for."""
        started = []

        def start(name):
            for other in self.services[name].get("depends_on", {}):
                start(other)
            if name not in started:
                started.append(name)
        for name, service in self.services.items():
            wanted = service.get("profiles", [])
            if not wanted or set(wanted) & set(profiles):
                start(name)
        return started

    def secret_path(self, name):
        return (self.folder / self.content["secrets"][name]["file"]).resolve()

    def podman_options(self, name, addresses):
        """`addresses` are those at which the services are found by name."""
        service = self.services[name]
        options = ["--name", name, *(f"--add-host={other}:{address}"
                                     for other, address in addresses.items())]
        if service.get("read_only"):
            # Docker gives no writable folders of its own accord.
            options += ["--read-only", "--read-only-tmpfs=false"]
        options += [f"--cap-drop={capability}" for capability in service.get("cap_drop", [])]
        options += [f"--security-opt={option.replace(':true', '')}"
                    for option in service.get("security_opt", [])]
        options += [f"--tmpfs={folder}" for folder in service.get("tmpfs", [])]
        if "user" in service:
            options += ["--user", service["user"]]
        for variable, value in service.get("environment", {}).items():
            options += ["--env", f"{variable}={value}"]
        for secret in service.get("secrets", []):
            options += ["--volume", f"{self.secret_path(secret)}:/run/secrets/{secret}:ro"]
        return options

    def health_command(self, name):
        """What its container runs to tell whether it is healthy."""
        kind, *command = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD", f"{name}: {shlex.join([kind, *command])}"
        return command
