"""A key in the phone's hardware that vouches at enrolment, against a real headquarters."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import hattama
from headquarters import Headquarters, program
from p256 import Key


class Keystore(hattama.HardwareSigner):
    """A key for each role; throws if it is told to."""

    def __init__(self, throws: Exception | None = None) -> None:
        self.throws = throws
        self.keys: dict[hattama.KeyRole, Key] = {}
        self.challenges: list[bytes] = []

    def make(self, role: hattama.KeyRole, challenge: bytes) -> hattama.MadeKey:
        if self.throws is not None:
            raise self.throws
        self.challenges.append(challenge)
        self.keys[role] = Key()
        return hattama.MadeKey(public_key=self.keys[role].public)

    def sign(self, role: hattama.KeyRole, message: bytes) -> bytes:
        return self.keys[role].sign(message)


@unittest.skipUnless(program(), "no `hattama` to serve: build it, or name it in HATTAMA_PROGRAM")
class Hardware(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.headquarters = Headquarters()
        cls.addClassCleanup(cls.headquarters.close)

    def enrolled(self, hardware: Keystore) -> tuple[hattama.Notebook, hattama.Enrolment]:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        config = hattama.NotebookConfig(
            folder=str(Path(scratch.name) / "notebook"), app_name="test", app_version="1"
        )
        notebook = hattama.Notebook.open(
            config, vault=None, events=None, transport=None, hardware=hardware
        )
        self.addCleanup(notebook.end)
        return notebook, notebook.enrol(self.headquarters.invite())

    def known(self, notebook: hattama.Notebook) -> list[dict]:
        """What headquarters says of this notebook's keys."""
        kids = {key.kid for key in notebook.keys()}
        found = [device for device in self.headquarters.devices() if device["kid"] in kids]
        self.assertEqual(len(found), 2)
        return found

    def test_hardware_vouches_for_both_keys_and_headquarters_knows(self):
        keystore = Keystore()
        notebook, enrolment = self.enrolled(keystore)
        both = [hattama.KeyRole.RESULTS, hattama.KeyRole.INCIDENTS]
        self.assertEqual(enrolment.hardware_vouched, both)
        self.assertEqual([len(challenge) for challenge in keystore.challenges], [32, 32])
        vouched = {device.get("hardware") for device in self.known(notebook)}
        self.assertEqual(len(vouched - {None}), 2, "one for each key, and not the same for both")

    def test_hardware_that_throws_enrols_without(self):
        for thrown in [RuntimeError("on purpose"), hattama.HardwareFailure.Failed(reason="none")]:
            with self.subTest(thrown=thrown):
                notebook, enrolment = self.enrolled(Keystore(throws=thrown))
                self.assertEqual(enrolment.hardware_vouched, [])
                for device in self.known(notebook):
                    self.assertIsNone(device.get("hardware"))
                codes = [line.code for line in notebook.journal(20)]
                self.assertEqual(codes.count("hardware-did-not-vouch"), 2, codes)

    def test_hardware_that_signs_with_another_key_enrols_without(self):
        class Liar(Keystore):
            def sign(self, role: hattama.KeyRole, message: bytes) -> bytes:
                return Key().sign(message)

        notebook, enrolment = self.enrolled(Liar())
        self.assertEqual(enrolment.hardware_vouched, [])
        self.assertEqual({device.get("hardware") for device in self.known(notebook)}, {None})


if __name__ == "__main__":
    unittest.main()
