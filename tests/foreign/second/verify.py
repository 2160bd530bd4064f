"""A second verifier, written from the specifications and not from Hattama's code.

Usage: python verify.py [--key KEY]... [--vkey VKEY] FILE...

A FILE is judged by what it is:

  *.jws          a record or statement: RFC 7515 compact JWS, Ed25519 (RFC 9864), strict
  *.tlog-proof   a receipt, c2sp.org/tlog-proof@v1, for the .jws or .photo file of the same name
  a folder       a public log, C2SP tlog-tiles@v0.1.0: checkpoint, every entry and every tile

It prints a line for each and exits with 1 if any does not hold. Nothing is fetched, nothing is
believed but the keys. To add a kind of evidence, write a function that raises Lie and name it in
JUDGES.
"""

import argparse
import base64
import binascii
import hashlib
import pathlib
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Lie(Exception):
    """It does not hold, and why."""


def demand(condition, why):
    if not condition:
        raise Lie(why)


# --- Spelling: one meaning has one spelling ---------------------------------------------------


def b64(text, url=False):
    """Strict base64: standard with padding, or base64url without."""
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    decode = base64.urlsafe_b64decode if url else base64.b64decode
    padded = text + "=" * (-len(text) % 4) if url else text
    try:
        data = decode(padded.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise Lie("not base64") from error
    spelt = encode(data).decode()
    demand((spelt.rstrip("=") if url else spelt) == text, "not strict base64")
    return data


def decimal(text):
    demand(re.fullmatch(r"0|[1-9][0-9]{0,18}", text) and int(text) < 2**63, "not a number")
    return int(text)


def signed_by(public, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Lie("the signature does not match") from error


# --- Records ----------------------------------------------------------------------------------

RECORD_BYTES_MAX = 16 * 1024
HEADER = re.compile(
    rb'\{"alg":"Ed25519","kid":"([A-Za-z0-9_-]{43})","typ":"hattama-([a-z-]+)\+jws"\}'
)
RECORD_KINDS = {"protocol", "not-obtained", "incident", "form", "correction"}


def header_of(compact):
    demand(len(compact.encode()) <= RECORD_BYTES_MAX, "too long")
    parts = compact.split(".")
    demand(len(parts) == 3, "not three parts")
    header, _, signature = (b64(part, url=True) for part in parts)
    found = HEADER.fullmatch(header)
    demand(found, "not the header of a record")
    kid, kind = (group.decode() for group in found.groups())
    b64(kid, url=True)
    return kid, kind, compact.rpartition(".")[0].encode(), signature


def thumbprint(public):
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % x
    return base64.urlsafe_b64encode(hashlib.sha256(jwk.encode()).digest()).rstrip(b"=").decode()


def text_of(path):
    """A record's text; one line end after it is the file's."""
    try:
        return path.read_bytes().decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise Lie("not text") from error


def judge_record(path, trust):
    kid, kind, message, signature = header_of(text_of(path))
    demand(kid in trust.keys, "signed by a key that was not given")
    demand(len(signature) == 64, "not an Ed25519 signature")
    signed_by(trust.keys[kid], signature, message)
    return f"a {kind} by {kid}"


# --- The log ----------------------------------------------------------------------------------


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes):
    """RFC 6962 section 2.1 from the leaves up: odd ones out move up unchanged."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        odd = hashes[len(hashes) & ~1 :]
        hashes = [node(*hashes[i : i + 2]) for i in range(0, len(hashes) - 1, 2)] + odd
    return hashes[0]


def root_from(index, size, entry_leaf, proof):
    """RFC 9162 section 2.1.3.2."""
    demand(index < size, "the index is beyond the tree")
    place, last, found = index, size - 1, entry_leaf
    for sibling in proof:
        demand(last, "the proof is too long")
        if place & 1 or place == last:
            found = node(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, sibling)
        place, last = place >> 1, last >> 1
    demand(last == 0, "the proof is too short")
    return found


class LogKey:
    """A signed-note verifier key, name+id+base64(type, public key)."""

    def __init__(self, vkey):
        self.name, self.id, key = vkey.split("+", 2)
        key = b64(key)
        demand(len(key) == 33 and key[0] == 1, "not an Ed25519 note key")
        digest = hashlib.sha256(self.name.encode() + b"\n" + key).digest()
        demand(digest[:4].hex() == self.id, "the id of the key is another's")
        self.public = key[1:]

    def checkpoint(self, note):
        """The size and root that this log signed."""
        demand(not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", note), "a control character")
        text, gap, lines = note.rpartition("\n\n")
        demand(gap and lines.endswith("\n"), "not a signed note")
        text, known = text + "\n", 0
        lines = lines[:-1].split("\n")
        demand(len(lines) <= 32, "too many signatures")
        for line in lines:
            found = re.fullmatch("\u2014 ([^\\s+]+) (\\S+)", line)
            demand(found, "not a signature line")
            blob = b64(found[2])
            demand(len(blob) > 4, "not a signature line")
            if found[1] == self.name and blob[:4].hex() == self.id:
                signed_by(self.public, blob[4:], text.encode())
                known += 1
        demand(known, "not signed by this log")
        lines = text.split("\n")
        demand(len(lines) == 4 and lines[3] == "", "not a checkpoint of three lines")
        demand(lines[0] == self.name, "the checkpoint of another log")
        root = b64(lines[2])
        demand(len(root) == 32, "not a root")
        return decimal(lines[1]), root


def judge_receipt(path, trust):
    demand(trust.log, "no --vkey was given")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Lie("not text") from error
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    demand(gap and lines[0] == "c2sp.org/tlog-proof@v1", "not a receipt")
    demand(len(lines) > 1 and lines[1].startswith("index "), "no index, or an extra line")
    demand(len(lines) <= 2 + 63, "too many hashes")
    index = decimal(lines[1][len("index ") :])
    proof = [b64(line) for line in lines[2:]]
    demand(all(len(sibling) == 32 for sibling in proof), "not a hash")
    size, root = trust.log.checkpoint(note)
    entry = entry_of(path)
    demand(root_from(index, size, leaf(entry), proof) == root, "it does not prove this entry")
    return f"entry {index} of {size}"


def entry_of(receipt):
    """What the receipt should prove, made from the bytes beside it and never from a name."""
    photo, record = receipt.with_suffix(".photo"), receipt.with_suffix(".jws")
    if photo.exists():
        return b"hattama-photo/v1 " + hashlib.sha256(photo.read_bytes()).hexdigest().encode()
    text = text_of(record)
    word = "record" if header_of(text)[1] in RECORD_KINDS else "statement"
    return f"hattama-{word}/v1 {hashlib.sha256(text.encode()).hexdigest()}".encode()


def tile_path(kind, number, width):
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    return f"tile/{kind}/" + "/".join(groups) + (f".p/{width}" if width < 256 else "")


def tile(folder, kind, number, width):
    """A tile; if it is a partial one that is gone, the full one."""
    for path in (tile_path(kind, number, width), tile_path(kind, number, 256)):
        if (folder / path).is_file():
            return (folder / path).read_bytes()
    raise Lie(f"{tile_path(kind, number, width)} is missing")


def bundle(data, width):
    entries = []
    while data and len(entries) < width:
        length = int.from_bytes(data[:2], "big")
        demand(len(data) >= 2 + length, "a bundle ends early")
        entries.append(data[2 : 2 + length])
        data = data[2 + length :]
    demand(len(entries) == width, "a bundle ends early")
    return entries


def judge_log(folder, trust):
    demand(trust.log, "no --vkey was given")
    try:
        note = (folder / "checkpoint").read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Lie("no checkpoint") from error
    size, root = trust.log.checkpoint(note)
    entries = []
    for first in range(0, size, 256):
        width = min(256, size - first)
        entries += bundle(tile(folder, "entries", first // 256, width), width)
    hashes, level, tiles = [leaf(entry) for entry in entries], 0, 0
    demand(root_of(hashes) == root, "the root is not over these entries")
    while hashes:
        for first in range(0, len(hashes), 256):
            want = b"".join(hashes[first : first + 256])
            data = tile(folder, level, first // 256, len(want) // 32)
            demand(data[: len(want)] == want, f"tile {level}/{first // 256} holds other hashes")
            tiles += 1
        full = len(hashes) // 256
        hashes = [root_of(hashes[i * 256 : (i + 1) * 256]) for i in range(full)]
        level += 1
    return f"{size} entries, {tiles} tiles"


# --- The command ------------------------------------------------------------------------------

JUDGES = {".jws": judge_record, ".tlog-proof": judge_receipt}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--vkey")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    trust = parser.parse_args()
    publics = [b64(key, url=True) for key in trust.key]
    trust.keys = {thumbprint(public): public for public in publics}
    trust.log = LogKey(trust.vkey) if trust.vkey else None
    failed = 0
    for path in trust.files:
        judge = judge_log if path.is_dir() else JUDGES.get(path.suffix)
        try:
            demand(judge, "of no known kind")
            print(f"{path}: holds: {judge(path, trust)}")
        except Lie as lie:
            failed += 1
            print(f"{path}: DOES NOT HOLD: {lie}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
