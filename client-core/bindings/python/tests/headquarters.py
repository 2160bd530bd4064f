"""A real headquarters for tests: `hattama serve` on a folder of its own."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
SET_UP = ROOT / "tests/fixtures/tiny-setup"


def program() -> str | None:
    """The program, if there is one to start."""
    named = os.environ.get("HATTAMA_PROGRAM")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    for path in [named, target / "debug/hattama"]:
        if path and Path(path).is_file():
            return str(path)
    return None


class Headquarters:
    """Serves until it is stopped; may be started again on the same folder and address."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self._scratch.name) / "hq"
        token = Path(self._scratch.name) / "token"
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("HATTAMA_")
        }
        self._run(
            "init", "--folder", self.folder, "--setup", SET_UP,
            "--listen", "127.0.0.1:0", "--token-file", token,
        )  # fmt: skip
        # How full this machine's disk is, is not what is tested.
        settings = self.folder / "hattama.toml"
        full = re.compile(r"^disk_full_percent = \d+$", re.MULTILINE)
        settings.write_text(full.sub("disk_full_percent = 100", settings.read_text()))
        self._environment["HATTAMA_TOKEN"] = token.read_text().strip()
        self._process: subprocess.Popen[str] | None = None
        self._start()

    def invite(self) -> str:
        """An invitation for one observer at precinct 101."""
        said = self._run("invite", "--label", "A", "--org", "o", "--unit", "101", "--json")
        return json.loads(said)["invitation"]

    def records(self) -> str:
        """What the command says of all records."""
        return self._run("records", "--json")

    def devices(self) -> list[dict]:
        """What the command says of all keys."""
        return json.loads(self._run("devices", "--json"))

    def verify(self, *arguments: object) -> str:
        """Checks files offline."""
        return self._run("verify", *arguments)

    def stop(self) -> None:
        """Ends it; its folder stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process.stdout.close()
            self._process = None

    def close(self) -> None:
        """Ends it and removes its folder."""
        self.stop()
        self._scratch.cleanup()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [program(), "serve", "--folder", str(self.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self._environment,
        )
        address = self._process.stdout.readline().strip().rsplit(" ", 1)[-1]
        assert address.startswith("http"), address
        self._environment["HATTAMA_SERVER"] = address

    def _run(self, *arguments: object) -> str:
        ran = subprocess.run(
            [program(), *map(str, arguments)],
            capture_output=True,
            text=True,
            env=self._environment,
        )
        assert ran.returncode == 0, f"{arguments}: {ran.stderr}"
        return ran.stdout


def picture(path: Path, seed: int = 0, side: int = 600) -> str:
    """A PNG as a camera might take it, only smaller."""
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            ink = (x // 30 + y // 50 + seed) % 7 == 0
            rows += bytes((20, 20, 60 + seed % 100) if ink else (236, 232, 220))

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 1))
        + chunk(b"IEND", b"")
    )
    return str(path)
