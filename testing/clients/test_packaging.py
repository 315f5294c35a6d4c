"""What `deploy/` brings: an image, a systemd unit, a Debian package."""

import fnmatch
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from harness.server import REPOSITORY, binary

DEPLOY = REPOSITORY / "deploy"


def repository_files() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=REPOSITORY, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if (REPOSITORY / name).is_file()]


def is_ignored(name: str) -> bool:
    """As Docker reads the file: a pattern names a path from the root, or anything below it."""
    paths = [name, *map(str, Path(name).parents)]
    patterns = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    return any(fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(f"/{path}", pattern.replace("**", "*"))
               for path in paths for pattern in patterns)


def test_the_image_gets_the_whole_workspace(tmp_path):
    """`cargo build --locked` needs every member's manifest, those of the tests too."""
    for name in repository_files():
        if not is_ignored(name):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, tmp_path / name)
    assert not (tmp_path / "testing/clients").exists() and (tmp_path / "Cargo.lock").is_file()
    loaded = subprocess.run(["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"],
                            cwd=tmp_path, capture_output=True, text=True, check=False)
    assert loaded.returncode == 0, loaded.stderr


def test_the_unit_is_understood_and_contained(tmp_path):
    """systemd finds nothing wrong with it, and little that the service could do besides its work."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("this machine has no systemd to ask")
    unit = tmp_path / "grantry.service"
    unit.write_text((DEPLOY / "grantry.service").read_text().replace("/usr/bin/grantry", str(binary())))
    verified = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert verified.returncode == 0 and str(unit) not in verified.stderr, verified.stderr
    exposure = subprocess.run([analyze, "security", "--offline=true", "--threshold=20", unit],
                              capture_output=True, text=True, check=False)
    assert exposure.returncode == 0, exposure.stdout + exposure.stderr


def test_the_debian_package_finds_its_files():
    """The metadata of cargo-deb; paths are from the crate, `target/` is replaced by cargo-deb."""
    crate = REPOSITORY / "crates/grantry"
    metadata = tomllib.loads((crate / "Cargo.toml").read_text())["package"]["metadata"]["deb"]
    installed = set()
    for source, target, mode in metadata["assets"]:
        assert source == "target/release/grantry" or (crate / source).is_file(), source
        assert mode in ("644", "755")
        installed.add("/" + target + (Path(source).name if target.endswith("/") else ""))
    assert set(metadata["conf-files"]) <= installed
    unit = crate / metadata["systemd-units"]["unit-scripts"] / f"{metadata['systemd-units']['unit-name']}.service"
    assert "ExecStart=/usr/bin/grantry serve --config /etc/grantry/grantry.toml\n" in unit.read_text()
    assert {"/usr/bin/grantry", "/etc/grantry/grantry.toml"} <= installed
    # What cargo-deb adds to the script stands in the place of this word; without it there is no package.
    assert "#DEBHELPER#" in (crate / metadata["maintainer-scripts"] / "postinst").read_text()
