"""What a capture costs through Python, for ``bench phone``: takes commands from standard input, as
``client-core/examples/measure.rs`` does, and answers each with one number.

    notebook FOLDER plain|encrypted     opens it, or makes it
    commit PHOTO                        captures a protocol with it; microseconds
    open                                closes and opens the notebook; microseconds
    peak                                the most memory this process had, in bytes
"""

from __future__ import annotations

import resource
import sys
import time

import hattama


class Flip(hattama.KeyVault):
    """A vault that answers as fast as hardware does, and hides nothing."""

    def wrap(self, plain: bytes) -> bytes:
        return bytes(byte ^ 0x5A for byte in plain)

    def unwrap(self, wrapped: bytes) -> bytes:
        return bytes(byte ^ 0x5A for byte in wrapped)


def opened(folder: str, kept: str) -> hattama.Notebook:
    encrypted = kept == "encrypted"
    config = hattama.NotebookConfig(
        folder=folder, app_name="measure", app_version="1", election="measured",
        encrypt_at_rest=encrypted,
    )
    return hattama.Notebook.open(config, vault=Flip() if encrypted else None, events=None, transport=None)


def commit(notebook: hattama.Notebook, photo: str) -> int:
    begun = time.perf_counter_ns()
    draft = hattama.Draft.PROTOCOL(
        hattama.ProtocolDraft(
            unit="101", form="protocol", copy="certified",
            lines={"found": 960, "valid": 954, "invalid": 6},
        )
    )
    capture = notebook.begin_capture(draft)
    capture.add_photo(photo, 1)
    capture.commit()
    return (time.perf_counter_ns() - begun) // 1000


def main() -> None:
    notebook, where = None, ()
    for line in sys.stdin:
        match line.split():
            case ["notebook", *given]:
                where = tuple(given)
                notebook = opened(*where)
                answer = 0
            case ["commit", photo]:
                answer = commit(notebook, photo)
            case ["open"]:
                notebook.end()
                begun = time.perf_counter_ns()
                notebook = opened(*where)
                answer = (time.perf_counter_ns() - begun) // 1000
            case ["peak"]:
                answer = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            case _:
                raise SystemExit(f"unknown: {line}")
        print(answer, flush=True)


if __name__ == "__main__":
    main()
