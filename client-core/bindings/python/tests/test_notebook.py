"""The notebook through Python: against a real headquarters, and beside an app that throws and is slow.

Run by `make python`, or by hand with the wheel installed: `python -m unittest discover -s tests`.
"""

from __future__ import annotations

import gc
import json
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import hattama
from headquarters import Headquarters, picture, program

GRACE_S = 2.0


def protocol(valid: int = 954, unit: str = "101") -> hattama.Draft:
    return hattama.Draft.PROTOCOL(
        hattama.ProtocolDraft(
            unit=unit,
            form="protocol",
            copy="certified",
            lines={"registered": 1200, "found": 960, "invalid": 6, "valid": valid},
            contests={"president": {"saffron": 500, "indigo": None}},
        )
    )


class Network(hattama.HttpTransport):
    """The app's own way to headquarters, with an airplane mode; also one that throws or hangs."""

    def __init__(self) -> None:
        self.up = True
        self.throws: Exception | None = None
        self.silent_s = 0.0
        self.requests = 0

    def execute(self, request: hattama.HttpRequest) -> hattama.HttpResponse:
        self.requests += 1
        if self.throws is not None:
            raise self.throws
        if self.silent_s:
            time.sleep(self.silent_s)
        if not self.up:
            raise hattama.TransportFailure.Unreachable(reason="airplane mode")
        asked = urllib.request.Request(
            request.url,
            data=request.body if request.method in ("POST", "PUT") else None,
            headers=request.headers,
            method=request.method,
        )
        try:
            answer = urllib.request.urlopen(asked, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        except urllib.error.URLError as broken:
            raise hattama.TransportFailure.Unreachable(reason=str(broken.reason)) from broken
        with answer:
            return hattama.HttpResponse(
                status=answer.status, headers=dict(answer.headers), body=answer.read()
            )


class Ear(hattama.NotebookEvents):
    """Writes down what it hears, and throws if it is told to."""

    def __init__(self, throws: bool = False) -> None:
        self.throws = throws
        self.heard: list[str] = []
        self.done = threading.Event()

    def outbox_changed(self, summary: hattama.OutboxSummary) -> None:
        if summary.acked:
            self.done.set()
        self._hear(f"outbox {summary.urgent.count} acked {summary.acked}")

    def feed(self, item: hattama.FeedItem) -> None:
        self._hear("feed")

    def alarm(self, alarm: hattama.Alarm) -> None:
        self._hear(f"alarm {alarm.code}")

    def _hear(self, what: str) -> None:
        self.heard.append(what)
        if self.throws:
            raise RuntimeError("the app throws on purpose")


class Vault(hattama.KeyVault):
    """A key vault of the app's: slow, locked, or broken if it is told to be."""

    def __init__(self, wait_s: float = 0.0, raises: Exception | None = None) -> None:
        self.wait_s, self.raises = wait_s, raises

    def wrap(self, plain: bytes) -> bytes:
        return self._flipped(plain)

    def unwrap(self, wrapped: bytes) -> bytes:
        return self._flipped(wrapped)

    def _flipped(self, content: bytes) -> bytes:
        if self.raises is not None:
            raise self.raises
        time.sleep(self.wait_s)
        return bytes(byte ^ 0x5A for byte in content)


class Case(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.folder = self.scratch / "notebook"

    def open(self, vault=None, events=None, transport=None, folder=None) -> hattama.Notebook:
        config = hattama.NotebookConfig(
            folder=str(folder or self.folder),
            app_name="test",
            app_version="1",
            election="tiny-exercise",
        )
        notebook = hattama.Notebook.open(config, vault, events, transport)
        self.addCleanup(notebook.end)
        return notebook


@unittest.skipUnless(program(), "no `hattama` to serve: build it, or name it in HATTAMA_PROGRAM")
class WithHeadquarters(Case):
    @classmethod
    def setUpClass(cls) -> None:
        cls.headquarters = Headquarters()
        cls.addClassCleanup(cls.headquarters.close)

    def enrolled(self, **parts) -> hattama.Notebook:
        notebook = self.open(**parts)
        notebook.enrol(self.headquarters.invite())
        return notebook

    def test_an_observer_enrols_captures_and_gets_receipts_over_the_bundled_client(self):
        ear = Ear()
        notebook = self.open(events=ear)
        enrolment = notebook.enrol(self.headquarters.invite())
        self.assertEqual((enrolment.election, enrolment.units), ("tiny-exercise", ["101"]))
        forms = json.loads(notebook.set_up("forms"))
        self.assertEqual(forms["forms"][0]["code"], "protocol")

        capture = notebook.begin_capture(protocol(valid=950))
        capture.add_photo(picture(self.scratch / "1.png", 1), 1)
        capture.add_photo(picture(self.scratch / "2.png", 2), 2)
        looked = capture.look_over()
        broken = [(found.left, found.right) for found in looked.findings if found.left is not None]
        self.assertEqual(broken, [(960, 956)])
        made = capture.commit()
        self.assertEqual((made.role, made.seq), (hattama.KeyRole.RESULTS, 0))
        self.assertEqual(len(made.photos), 2)

        report = notebook.pump(hattama.PumpBudget(by_user=True))
        self.assertEqual((report.stored, report.end), (1, hattama.PumpEnd.DONE), report)
        self.assertEqual(report.photos_complete, 6, "originals, previews and thumbnails")
        item = notebook.get(made.record)
        self.assertEqual(item.progress, hattama.RecordProgress.ACKED)
        self.assertIn("c2sp.org/tlog-proof@v1", notebook.record_receipt(made.record))
        self.assertIn("c2sp.org/tlog-proof@v1", notebook.photo_receipt(made.photos[0]))
        self.assertIn(made.record, self.headquarters.records())
        self.assertTrue(ear.done.wait(10), ear.heard)

        bundle = self.scratch / "bundle.zip"
        self.assertEqual(notebook.export_bundle(str(bundle), hattama.KeyRole.RESULTS, True), 1)
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(self.scratch / "bundle")
        inside = self.scratch / "bundle"
        said = self.headquarters.verify(
            "--vkey", inside / "log.vkey", "--key", inside / "results.key",
            inside / f"{made.record}.jws", inside / f"{made.record}.tlog-proof",
        )  # fmt: skip
        self.assertTrue(said)

    def test_airplane_mode_is_trouble_in_the_report_and_nothing_is_lost(self):
        network = Network()
        notebook = self.enrolled(transport=network)
        network.up = False
        capture = notebook.begin_capture(protocol())
        capture.add_photo(picture(self.scratch / "1.png", 3), 1)
        made = capture.commit()
        report = notebook.pump(hattama.PumpBudget(by_user=True))
        self.assertTrue(report.trouble.is_NETWORK(), report)
        self.assertEqual(notebook.get(made.record).progress, hattama.RecordProgress.QUEUED)
        network.up = True
        notebook.network_changed()
        report = notebook.pump(hattama.PumpBudget(by_user=True))
        self.assertEqual((report.stored, report.end), (1, hattama.PumpEnd.DONE), report)
        self.assertIsNotNone(notebook.record_receipt(made.record))
        self.assertGreater(network.requests, 4, "all of it went through Python")

    def test_a_network_that_throws_is_trouble_and_the_next_sync_works(self):
        network = Network()
        notebook = self.enrolled(transport=network)
        notebook.begin_capture(protocol()).commit()
        for thrown in [
            RuntimeError("on purpose"),
            ValueError(),
            hattama.TransportFailure.TimedOut(),
            hattama.TransportFailure.Untrusted(reason="another certificate"),
        ]:
            network.throws = thrown
            report = notebook.pump(hattama.PumpBudget(by_user=True))
            self.assertIsNotNone(report.trouble, thrown)
            self.assertEqual(report.stored, 0)
        network.throws = None
        notebook.network_changed()
        self.assertEqual(notebook.pump(hattama.PumpBudget(by_user=True)).stored, 1)

    def test_a_pump_is_interrupted_while_the_network_is_silent_and_captures_go_on(self):
        network = Network()
        notebook = self.enrolled(transport=network)
        notebook.begin_capture(protocol()).commit()
        network.silent_s = 6
        before, ends = network.requests, []
        pumping = threading.Thread(
            target=lambda: ends.append(notebook.pump(hattama.PumpBudget(by_user=True)).end)
        )
        pumping.start()
        while network.requests == before:
            time.sleep(0.01)
        with self.assertRaises(hattama.NotebookError.Busy):
            notebook.pump(hattama.PumpBudget())
        notebook.begin_capture(protocol(953)).commit()
        began = time.monotonic()
        notebook.interrupt()
        pumping.join()
        self.assertLess(time.monotonic() - began, GRACE_S)
        self.assertEqual(ends, [hattama.PumpEnd.INTERRUPTED])
        network.silent_s = 0
        self.assertEqual(notebook.pump(hattama.PumpBudget(by_user=True)).stored, 2)

    def test_a_pump_keeps_to_its_budget(self):
        network = Network()
        notebook = self.enrolled(transport=network)
        notebook.begin_capture(protocol()).commit()
        network.silent_s = 6
        began = time.monotonic()
        report = notebook.pump(hattama.PumpBudget(ms_max=700, by_user=True))
        self.assertLess(time.monotonic() - began, 0.7 + GRACE_S)
        self.assertEqual(report.end, hattama.PumpEnd.BUDGET)

    def test_events_that_throw_are_counted_and_change_nothing(self):
        ear = Ear(throws=True)
        notebook = self.enrolled(events=ear)
        made = notebook.begin_capture(protocol()).commit()
        self.assertEqual(notebook.pump(hattama.PumpBudget(by_user=True)).stored, 1)
        self.assertIsNotNone(notebook.record_receipt(made.record))
        self.assertTrue(ear.done.wait(10), ear.heard)
        for _ in range(200):
            failed = json.loads(notebook.diagnostics())["events"]["failed"]
            if failed == len(ear.heard):
                break
            time.sleep(0.02)
        self.assertEqual(failed, len(ear.heard))

    def test_an_original_goes_by_an_uploader_of_the_systems(self):
        network = Network()
        notebook = self.enrolled()
        capture = notebook.begin_capture(protocol())
        capture.add_photo(picture(self.scratch / "1.png", 5), 1)
        made = capture.commit()
        report = notebook.pump(hattama.PumpBudget(metered=True))
        self.assertEqual((report.stored, report.photos_complete), (1, 2))
        plans = notebook.plan_transfers(10, hattama.Conditions())
        self.assertTrue(plans)
        for plan in plans:
            answer = network.execute(
                hattama.HttpRequest(
                    method=plan.method,
                    url=plan.url,
                    headers=plan.headers,
                    body=Path(plan.file).read_bytes(),
                    answer_bytes_max=1 << 20,
                    certificate_sha256=plan.certificate_sha256,
                )
            )
            notebook.complete_transfer(plan.id, answer)
        self.assertIsNotNone(notebook.photo_receipt(made.photos[0]))
        self.assertEqual(notebook.plan_transfers(10, hattama.Conditions()), [])

    def test_a_refused_invitation_says_so(self):
        notebook = self.open()
        invitation = self.headquarters.invite()
        notebook.enrol(invitation)
        other = self.open(folder=self.scratch / "other")
        with self.assertRaises(hattama.NotebookError.Refused) as refused:
            other.enrol(invitation)
        self.assertTrue(refused.exception.code)
        with self.assertRaises(hattama.NotebookError.InvalidInput) as wrong:
            other.enrol("HATTAMA1.nonsense")
        self.assertEqual(wrong.exception.field, "invitation")

    def test_collecting_garbage_during_calls_and_dropping_everything_is_harmless(self):
        notebook = self.enrolled(transport=Network(), events=Ear())
        stop = threading.Event()

        def collect() -> None:
            while not stop.is_set():
                gc.collect()

        collector = threading.Thread(target=collect)
        collector.start()
        try:
            for round_ in range(10):
                notebook.begin_capture(protocol(valid=900 + round_)).commit()
            self.assertEqual(notebook.pump(hattama.PumpBudget(by_user=True)).stored, 10)
            for _ in range(5):
                hattama.passphrase_vault("never used by anybody")
                notebook.begin_capture(protocol())
        finally:
            stop.set()
            collector.join()


class Alone(Case):
    def test_two_opens_of_one_folder_are_refused_until_the_first_has_ended(self):
        first = self.open()
        with self.assertRaises(hattama.NotebookError.Busy):
            self.open()
        first.end()
        with self.assertRaises(hattama.NotebookError.Paused):
            first.outbox()
        self.assertEqual(self.open().list(0, 10), [])

    def test_a_slow_vault_delays_the_opening_and_nothing_else(self):
        began = time.monotonic()
        notebook = self.open(vault=Vault(wait_s=0.4))
        self.assertGreater(time.monotonic() - began, 0.7, "wrapped, and unwrapped to be sure")
        began = time.monotonic()
        notebook.begin_capture(protocol()).commit()
        notebook.begin_capture(protocol()).commit()
        notebook.pause()
        notebook.resume()
        self.assertLess(time.monotonic() - began, 2.0)
        self.assertEqual(len(notebook.list(0, 10)), 2)

    def test_a_vault_that_throws_or_is_locked_costs_no_key(self):
        keys = self.open(vault=Vault())
        kids = [key.kid for key in keys.keys()]
        keys.end()
        for raised, words in [
            (RuntimeError("on purpose"), "on purpose"),
            (hattama.VaultFailure.Locked(reason="no finger"), "no finger"),
            (hattama.VaultFailure.Rejected(reason="not mine"), "not mine"),
        ]:
            with self.assertRaises(hattama.NotebookError.Keys) as refused:
                self.open(vault=Vault(raises=raised))
            self.assertIn(words, refused.exception.reason)
        again = self.open(vault=Vault())
        self.assertEqual([key.kid for key in again.keys()], kids)

    def test_a_passphrase_wraps_the_keys_and_is_changed(self):
        old = hattama.passphrase_vault("copper lantern seven")
        notebook = self.open(vault=old)
        kids = [key.kid for key in notebook.keys()]
        notebook.end()
        stored = (self.folder / "keys.json").read_text()
        self.assertIn("wrapped", stored)
        becomes = hattama.passphrase_vault("river of nine stones")
        hattama.change_vault(str(self.folder), old, becomes)
        with self.assertRaises(hattama.NotebookError.Keys):
            self.open(vault=old)
        self.assertEqual([key.kid for key in self.open(vault=becomes).keys()], kids)
        with self.assertRaises(hattama.NotebookError.InvalidInput):
            hattama.passphrase_vault("short")

    def test_nothing_is_sent_before_the_enrolment_and_captures_wait(self):
        notebook = self.open(transport=Network())
        made = notebook.begin_capture(protocol()).commit()
        self.assertIn("no-set-up", [warning.code for warning in made.warnings])
        report = notebook.pump(hattama.PumpBudget())
        self.assertEqual(report.end, hattama.PumpEnd.NOT_ENROLLED)
        self.assertEqual(notebook.outbox().urgent.count, 1)

    def test_a_paused_notebook_refuses_until_it_is_resumed(self):
        notebook = self.open()
        notebook.pause()
        with self.assertRaises(hattama.NotebookError.Paused):
            notebook.begin_capture(protocol()).commit()
        notebook.resume()
        notebook.begin_capture(protocol()).commit()

    def test_a_locked_notebook_refuses_until_its_pin_unlocks_it(self):
        def pin(digits: str) -> hattama.KeyVault:
            return hattama.pin_vault(str(self.folder), digits, Vault())

        self.folder.mkdir()
        notebook = self.open(vault=pin("482913"))
        made = notebook.begin_capture(protocol()).commit()
        notebook.lock()
        self.assertTrue(notebook.is_locked())
        for call in [lambda: notebook.list(0, 1), lambda: notebook.begin_capture(protocol()).commit()]:
            with self.assertRaises(hattama.NotebookError.Locked):
                call()
        with self.assertRaises(hattama.NotebookError.Keys):
            notebook.unlock(pin("000000"))
        notebook.unlock(pin("482913"))
        self.assertEqual(notebook.get(made.record).id, made.record)

    def test_what_is_lost_is_said_before_a_wipe(self):
        notebook = self.open(vault=Vault())
        made = notebook.begin_capture(protocol()).commit()
        lost = notebook.what_would_be_lost()
        self.assertEqual([item.id for item in lost.records], [made.record])
        out = self.scratch / "out"
        notebook.end()
        exported = hattama.export_closed(str(self.folder), Vault(), str(out))
        self.assertEqual((exported.records, exported.photos), (1, 0))
        self.assertTrue((out / f"{made.record}.jws").exists())
        notebook = self.open(vault=Vault())
        notebook.wipe()
        with self.assertRaises(hattama.NotebookError.Locked):
            notebook.list(0, 1)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["lock"])

    def test_a_library_without_the_cipher_makes_nothing_in_clear(self):
        config = hattama.NotebookConfig(
            folder=str(self.folder), app_name="test", app_version="1", encrypt_at_rest=True
        )
        with self.assertRaises(hattama.NotebookError.Keys) as refused:
            hattama.Notebook.open(config, Vault(), None, None)
        self.assertIn("sqlcipher", refused.exception.reason)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["lock"])

    def test_the_documentation_of_the_core_is_pythons_too(self):
        self.assertIn("One observer's notebook", hattama.Notebook.__doc__)
        self.assertIn("Network trouble", hattama.Notebook.pump.__doc__)


if __name__ == "__main__":
    unittest.main()
