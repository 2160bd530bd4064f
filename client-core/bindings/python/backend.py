"""Builds the wheel: the native library, the generated module, the types.

A PEP 517 backend of the project's own, because what it does is to run cargo twice and to put four files
into a zip. By hand::

    python3 backend.py FOLDER             release, into FOLDER
    python3 backend.py FOLDER --debug     with the library of `cargo build`, for tests

``HATTAMA_LIBRARY`` and ``HATTAMA_BINDGEN`` name a built library and a built generator instead.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

NAME, VERSION = "hattama", "0.1.0"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()

# The same bytes for the same input: no file has the time of its making.
EPOCH = (1980, 1, 1, 0, 0, 0)

METADATA = f"""Metadata-Version: 2.1
Name: {NAME}
Version: {VERSION}
Summary: The notebook of an election observer: captures, signs, keeps and syncs evidence
License: Apache-2.0
Requires-Python: >=3.9
Description-Content-Type: text/markdown

"""


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Builds in release and returns the wheel's name, as PEP 517 asks."""
    return _wheel(Path(wheel_directory), "release").name


def build_sdist(sdist_directory, config_settings=None):
    """There is none: the sources are the whole repository."""
    raise NotImplementedError("build from a checkout of the whole repository")


def _wheel(folder: Path, profile: str) -> Path:
    library = Path(os.environ.get("HATTAMA_LIBRARY") or _library(profile))
    with tempfile.TemporaryDirectory() as scratch:
        module = _generate(library, Path(scratch))
        files = {
            f"{NAME}/__init__.py": (HERE / NAME / "__init__.py").read_bytes(),
            f"{NAME}/py.typed": b"",
            f"{NAME}/_notebook.py": module,
            f"{NAME}/{_file_name()}": library.read_bytes(),
        }
    tag = f"py3-none-{_platform()}"
    info = f"{NAME}-{VERSION}.dist-info"
    wheel = f"Wheel-Version: 1.0\nGenerator: hattama\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files[f"{info}/METADATA"] = (METADATA + (HERE / "README.md").read_text("utf-8")).encode()
    files[f"{info}/WHEEL"] = wheel.encode()
    record = f"{info}/RECORD"
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}-{VERSION}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return path


def _library(profile: str) -> Path:
    flags = ["--release", "--no-default-features"] if profile == "release" else []
    _run(
        "cargo", "rustc", "--quiet", "--package", "hattama-client-core", "--lib",
        "--crate-type", "cdylib", "--features", "ffi", *flags,
    )  # fmt: skip
    return TARGET / profile / _file_name()


def _generate(library: Path, scratch: Path) -> bytes:
    generator = os.environ.get("HATTAMA_BINDGEN")
    if not generator:
        manifest = ROOT / "client-core/bindings/bindgen/Cargo.toml"
        target = TARGET / "bindgen"
        _run(
            "cargo", "build", "--quiet", "--manifest-path", str(manifest),
            "--target-dir", str(target),
        )  # fmt: skip
        generator = str(target / "debug" / f"uniffi-bindgen{sysconfig.get_config_var('EXE') or ''}")
    _run(
        generator, "generate", str(library.resolve()), "--language", "python",
        "--config", str(ROOT / "client-core/bindings/names.toml"),
        "--out-dir", str(scratch), "--no-format",
    )  # fmt: skip
    return (scratch / "hattama.py").read_bytes()


def _run(*command: str) -> None:
    # What they say is for people; on our own output stands the wheel's name.
    subprocess.run(command, check=True, cwd=ROOT, stdout=sys.stderr)


def _file_name() -> str:
    name = "hattama_client_core"
    return {"Darwin": f"lib{name}.dylib", "Windows": f"{name}.dll"}.get(
        platform.system(), f"lib{name}.so"
    )


def _platform() -> str:
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET / "python"
    print(_wheel(where, "debug" if "--debug" in sys.argv else "release"))
