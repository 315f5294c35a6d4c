"""Directories of files whose names and sizes are unusual."""

import random
from pathlib import Path

MIB = 1024 * 1024
# What has a meaning in URLs, in XML or to a shell; each is one file name.
NAMES = (
    "a.txt", "dir/b c.txt", "dir/sub/plus+and%25percent%", "dir/ünï-日本語-🦀.txt", "empty",
    "dir/amp&lt;'quote\".txt", "dir/hash#question?.txt", "tilde~(round)[square]{curly}=@:,;!$*.txt",
)


def content(name: str, size: int) -> bytes:
    """Bytes that are the same in each run and differ between names."""
    return random.Random(name).randbytes(size)


def files(large: int = 0) -> dict[str, bytes]:
    """The files of a tree by name; with one of `large` bytes if that is not zero."""
    made = {name: content(name, 0 if name == "empty" else 1000 + 7 * len(name)) for name in NAMES}
    return made | ({"large.bin": content("large.bin", large)} if large else {})


def write(directory: Path, tree: dict[str, bytes]) -> Path:
    for name, body in tree.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return directory


def read(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*") if path.is_file()
    }
