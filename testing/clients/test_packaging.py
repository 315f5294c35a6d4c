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


UNITS = [DEPLOY / "grantry.service", *sorted((DEPLOY / "watch").glob("*.service"))]


@pytest.mark.parametrize("shipped", UNITS, ids=lambda path: path.stem)
def test_the_units_are_understood_and_contained(shipped, tmp_path):
    """systemd finds nothing wrong with them, and little that the services could do besides their work."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("this machine has no systemd to ask")
    unit = tmp_path / shipped.name
    text = shipped.read_text().replace("/usr/bin/grantry", str(binary()))
    # The page is in the package only.
    text = text.replace("Documentation=man:grantry-watch(1)\n", "")
    unit.write_text(text)
    verified = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert verified.returncode == 0 and str(unit) not in verified.stderr, verified.stderr
    # The watch reads the home of the application and reaches servers anywhere.
    threshold = 20 if shipped.parent == DEPLOY else 30
    exposure = subprocess.run([analyze, "security", "--offline=true", f"--threshold={threshold}", unit],
                              capture_output=True, text=True, check=False)
    assert exposure.returncode == 0, exposure.stdout + exposure.stderr


def test_each_timer_has_its_service():
    for timer in (DEPLOY / "watch").glob("*.timer"):
        analyze = shutil.which("systemd-analyze")
        service = timer.with_suffix(".service").read_text()
        assert "Type=oneshot\n" in service and " --once " in service
        if analyze is not None:
            when = next(line for line in timer.read_text().splitlines() if line.startswith("OnCalendar="))
            done = subprocess.run([analyze, "calendar", when.partition("=")[2]], capture_output=True, text=True,
                                  check=False)
            assert done.returncode == 0, done.stderr


def test_what_the_units_start_is_a_command(tmp_path):
    """Every argument is known to the program; only the file of the application is not here."""
    for unit in (DEPLOY / "watch").glob("*.service"):
        lines = unit.read_text().replace("\\\n", " ").splitlines()
        words = next(line for line in lines if line.startswith("ExecStart=")).partition("=")[2].split()
        assert words[0] == "/usr/bin/grantry"
        done = subprocess.run([binary(), *words[1:], "--state-dir", tmp_path], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 3 and "/home/mastodon/live/.env.production" in done.stderr, done.stderr


def made(tmp_path) -> dict[str, Path]:
    """What `make deb` makes before the package, by the name under which the metadata knows it."""
    recipe = (REPOSITORY / "Makefile").read_text().split("\ndeb:")[1].split("\n\n")[0]
    commands = [line.strip().removeprefix("@") for line in recipe.splitlines()[1:] if "cargo deb" not in line]
    script = "\n".join(["set -e", *commands]).replace("$(PACKAGE)", str(tmp_path)).replace("$(SERVER)", str(binary()))
    subprocess.run(["sh", "-c", script], check=True)
    return {f"../../target/package/{path.relative_to(tmp_path)}": path for path in tmp_path.rglob("*") if path.is_file()}


def test_the_debian_package_finds_its_files(tmp_path):
    """The metadata of cargo-deb; paths are from the crate, `target/` is replaced by cargo-deb."""
    crate = REPOSITORY / "crates/grantry"
    metadata = tomllib.loads((crate / "Cargo.toml").read_text())["package"]["metadata"]["deb"]
    generated = made(tmp_path / "package")
    installed = set()
    for source, target, mode in metadata["assets"]:
        assert mode in ("644", "755")
        found = [name for name in generated if fnmatch.fnmatch(name, source)]
        found += [str(path) for path in crate.glob(source)] if "target/" not in source else []
        assert found or source == "target/release/grantry", source
        for name in found or [source]:
            installed.add("/" + target + (Path(name).name if target.endswith("/") else ""))
    assert set(metadata["conf-files"]) <= installed
    unit = crate / metadata["systemd-units"]["unit-scripts"] / f"{metadata['systemd-units']['unit-name']}.service"
    assert "ExecStart=/usr/bin/grantry serve --config /etc/grantry/grantry.toml\n" in unit.read_text()
    assert {"/usr/bin/grantry", "/etc/grantry/grantry.toml"} <= installed
    # What cargo-deb adds to the script stands in the place of this word; without it there is no package.
    assert "#DEBHELPER#" in (crate / metadata["maintainer-scripts"] / "postinst").read_text()
    # Each command has a page, and each unit and completion is where Debian looks.
    pages = {name.removeprefix("/usr/share/man/man1/") for name in installed if "/man1/" in name}
    commands = subprocess.run([binary(), "--help"], capture_output=True, text=True, check=True).stdout
    named = [line.split()[0] for line in commands.split("Commands:\n")[1].split("\n\n")[0].splitlines()
             if line.startswith("  ") and not line.startswith("   ")]
    assert {"grantry.1", *(f"grantry-{name}.1" for name in named if name != "help")} <= pages
    assert {"/usr/share/bash-completion/completions/grantry", "/usr/share/zsh/vendor-completions/_grantry",
            "/usr/share/fish/vendor_completions.d/grantry.fish", "/usr/lib/systemd/system/grantry-watch-write.timer",
            "/usr/lib/systemd/system/grantry-watch-sweep.service"} <= installed
