"""A second verifier, written from the specifications and not from Hattama's code.

Usage: python verify.py [--key KEY]... [--vkey VKEY] FILE...

A FILE is judged by what it is:
  *.jws          a record or statement: RFC 7515 compact JWS, Ed25519 (RFC 9864), strict
  *.tlog-proof   a receipt, c2sp.org/tlog-proof@v1, for the .jws or .photo file of the same name
  *.zip          an evidence bundle; the set-up in it must be signed by a --key, if any is given
  a folder       a public log, C2SP tlog-tiles@v0.1.0: checkpoint, every entry and every tile
It prints a line for each and exits with 1 if any does not hold. Nothing is fetched, nothing is
believed but the keys.
"""

import argparse, base64, contextlib, hashlib, json, pathlib, re, struct, sys, zlib
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

class Lie(Exception): "It does not hold, and why."

def demand(condition, why):
    if not condition:
        raise Lie(why)

sha = lambda data: hashlib.sha256(data).hexdigest()

def b64(text, url=False):
    """Strict base64: standard with padding, or base64url without."""
    other, pads = (b"-_", "=") if url else (b"+/", "")
    data = base64.b64decode(text + pads * (-len(text) % 4), altchars=other)
    demand(base64.b64encode(data, other).decode().rstrip(pads) == text, "not strict base64")
    return data

def decimal(text):
    demand(re.fullmatch(r"0|[1-9][0-9]{0,18}", text) and int(text) < 2**63, "not a number")
    return int(text)

# --- Records
HEADER = rb'\{"alg":"Ed25519","kid":"([A-Za-z0-9_-]{43})","typ":"hattama-([a-z-]+)\+jws"\}'
RECORD_KINDS = {"protocol", "not-obtained", "incident", "form", "correction"}

def thumbprint(public):
    spelt = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % spelt(public)
    return spelt(hashlib.sha256(jwk.encode()).digest())

def taken_apart(compact):
    parts = compact.split(".")
    demand(len(parts) == 3 and len(compact.encode()) <= 16 * 1024, "not three parts, or too long")
    header, payload, signature = (b64(part, url=True) for part in parts)
    found = re.fullmatch(HEADER, header)
    demand(found, "not the header of a record")
    kid, kind = (group.decode() for group in found.groups())
    b64(kid, url=True)
    return kid, kind, payload, signature

def opened(compact, publics):
    """Who signed it, as what, and the payload; `publics` are the keys that may have."""
    kid, kind, payload, signature = taken_apart(compact)
    keys = {thumbprint(public): public for public in publics}
    demand(kid in keys, "signed by a key that was not given")
    key = Ed25519PublicKey.from_public_bytes(keys[kid])
    key.verify(signature, compact.rpartition(".")[0].encode())
    return kid, kind, payload

def judge_record(path, trust):
    kid, kind, _ = opened(path.read_bytes().decode().removesuffix("\n"), trust.publics)
    return f"a {kind} by {kid}"

# --- The log
leaf = lambda entry: hashlib.sha256(b"\0" + entry).digest()
node = lambda both: hashlib.sha256(b"\1" + both).digest()

def root_of(hashes):
    """RFC 6962 section 2.1 from the leaves up: odd ones out move up unchanged."""
    while len(hashes) > 1:
        odd = hashes[len(hashes) & ~1 :]
        hashes = [node(hashes[i] + hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)] + odd
    return hashes[0] if hashes else hashlib.sha256(b"").digest()

def root_from(index, size, entry_leaf, proof):
    """RFC 9162 section 2.1.3.2."""
    demand(index < size, "the index is beyond the tree")
    place, last, found = index, size - 1, entry_leaf
    for sibling in proof:
        demand(last, "the proof is too long")
        if place & 1 or place == last:
            found = node(sibling + found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found + sibling)
        place, last = place >> 1, last >> 1
    demand(last == 0, "the proof is too short")
    return found

class NoteKey:
    """A signed-note verifier key, name+id+base64(type, public key): 1 is a log's, 4 a witness's."""

    def __init__(self, vkey, kind=1):
        self.vkey, self.kind = vkey, kind
        self.name, self.id, key = vkey.split("+", 2)
        key = b64(key)
        demand(len(key) == 33 and key[0] == kind, "not such an Ed25519 note key")
        demand(sha(self.name.encode() + b"\n" + key)[:8] == self.id, "the key's id is another's")
        self.public = Ed25519PublicKey.from_public_bytes(key[1:])

    def signed(self, blob, text):
        """tlog-cosignature@v1.0.1: a witness signs the time too."""
        if self.kind == 4:
            at, blob = int.from_bytes(blob[:8], "big"), blob[8:]
            demand(at < 2**63, "a time that nobody counts to")
            text = f"cosignature/v1\ntime {at}\n{text}"
        self.public.verify(blob, text.encode())

    def checkpoint(self, note, witnesses=()):
        """The size and root that this log signed; lines of these witnesses must hold."""
        demand(not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", note), "a control character")
        text, gap, lines = note.rpartition("\n\n")
        text, lines, known = text + "\n", lines.split("\n"), 0
        demand(gap and lines.pop() == "" and len(lines) <= 32, "not a signed note")
        for line in lines:
            found = re.fullmatch("\u2014 ([^\\s+]+) (\\S+)", line)
            blob = b64(found[2]) if found else b""
            demand(len(blob) > 4, "not a signature line")
            for key in (self, *witnesses):
                if found[1] == key.name and blob[:4].hex() == key.id:
                    key.signed(blob[4:], text)
                    known += key is self
        demand(known, "not signed by this log")
        lines = text.split("\n")
        demand(len(lines) == 4 and lines[3] == "", "not a checkpoint of three lines")
        demand(lines[0] == self.name and len(b64(lines[2])) == 32, "another log, or not a root")
        return decimal(lines[1]), b64(lines[2])

def proven(text, entry, log, witnesses=()):
    """The index, the tree's size and the note of a receipt that proves this entry."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    demand(gap and lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) > 1, "not a receipt")
    demand(len(lines) <= 2 + 63 and lines[1].startswith("index "), "no index, or too long")
    index, proof = decimal(lines[1][len("index ") :]), [b64(line) for line in lines[2:]]
    demand(all(len(sibling) == 32 for sibling in proof), "not a hash")
    size, root = log.checkpoint(note, witnesses)
    demand(root_from(index, size, leaf(entry.encode()), proof) == root, "it proves another entry")
    return index, size, note

def judge_receipt(path, trust):
    # What it should prove is made from the bytes beside it and never from a name.
    exact, word = path.with_suffix(".photo"), "photo"
    if not exact.exists():
        exact = path.with_suffix(".jws").read_bytes().removesuffix(b"\n")
        word = "record" if taken_apart(exact.decode())[1] in RECORD_KINDS else "statement"
    entry = f"hattama-{word}/v1 {sha(exact if word != 'photo' else exact.read_bytes())}"
    index, size, _ = proven(path.read_bytes().decode(), entry, trust.log)
    return f"entry {index} of {size}"

def tile(folder, kind, number, width):
    """A tile; if it is a partial one that is gone, the full one."""
    groups = f"{number:0{-(-len(str(number)) // 3) * 3}}"
    groups = [groups[i : i + 3] for i in range(0, len(groups), 3)]
    name = f"tile/{kind}/" + "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    for path in ([f"{name}.p/{width}"] if width < 256 else []) + [name]:
        if (folder / path).is_file():
            return (folder / path).read_bytes()
    raise Lie(f"{name} is missing")

def judge_log(folder, trust):
    demand((folder / "checkpoint").is_file(), "no checkpoint")
    size, root = trust.log.checkpoint((folder / "checkpoint").read_bytes().decode())
    entries = []
    for first in range(0, size, 256):
        data = tile(folder, "entries", first // 256, min(256, size - first))
        for _ in range(min(256, size - first)):
            length = int.from_bytes(data[:2], "big")
            demand(len(data) >= 2 + length > 2, "a bundle ends early")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
    hashes, level = [leaf(entry) for entry in entries], 0
    demand(root_of(hashes) == root, "the root is not over these entries")
    while hashes:
        for first in range(0, len(hashes), 256):
            want = b"".join(hashes[first : first + 256])
            data = tile(folder, level, first // 256, len(want) // 32)
            demand(data[: len(want)] == want, f"tile {level}/{first // 256} holds other hashes")
        hashes = [root_of(hashes[i : i + 256]) for i in range(0, len(hashes) & ~255, 256)]
        level += 1
    return f"{size} entries, {level} levels of tiles"

PLACES = {"enrolment": "device", "revocation": "device", "decision": "decisions"}
PLACES["transcription"] = "transcriptions"
PHOTO = r"photos/[0-9a-f]{64}\.[a-z0-9]{1,5}"

def unpacked(data):
    """The pieces: a zip of stored entries in order of their names, every byte accounted for."""
    files, at, directory, texts, last = {}, 0, b"", [0], ""
    while data[at : at + 4] == b"PK\3\4":
        head = data[at + 4 : at + 30]
        demand(len(head) == 26, "it ends early")
        crc, size, length = struct.unpack("<10xLL4xH2x", head)
        as_written = struct.pack("<5H3L2H", 10, 0, 0, 0, 33, crc, size, size, length, 0)
        demand(head == as_written, "an entry that is not stored as it is")
        start = at + 30 + length
        name, piece = data[at + 30 : start], data[start : start + size]
        demand(re.fullmatch(rb"[\w-][\w.-]*(/[\w-][\w.-]*)*", name) and length <= 96, "a bad name")
        demand(name.decode() > last, "a name that comes twice or out of order")
        demand((len(piece), zlib.crc32(piece)) == (size, crc), "a damaged entry")
        directory += b"PK\1\2\x0a\0" + head + bytes(10) + struct.pack("<L", at) + name
        last, at, files[name.decode()] = name.decode(), start + size, piece
        texts += [] if re.fullmatch(PHOTO, last) else [size]
        demand(sum(texts) <= 1 << 25 and max(texts) <= 1 << 23 and len(files) <= 1000, "too much")
    end = struct.pack("<4x2H2L2x", len(files), len(files), len(directory), at)
    demand(data[at:] == directory + b"PK\5\6" + end, "something else than pieces")
    return files

def named(value):
    """The hash of every file that a payload names, wherever it stands."""
    if isinstance(value, dict):
        yield from re.findall("^[0-9a-f]{64}\\Z", str(value.get("sha256")))
        value = list(value.values())
    for part in value if isinstance(value, list) else []:
        yield from named(part)

def judge_bundle(path, trust):
    files = unpacked(path.read_bytes())
    used = {"README.html", "SHA256SUMS"}
    def text(name):
        used.add(name)
        demand(name in files, f"{name} is missing")
        return files[name].decode()
    def key(name):
        demand(text(name).endswith("\n"), f"{name} is not a line")
        return b64(text(name)[:-1], url=True)
    def receipt(piece, word, digest):
        entry, name = f"hattama-{word}/v1 {digest}", piece.rpartition(".")[0] + ".tlog-proof"
        demand(proven(text(name), entry, trust.log, witnesses)[2] == checkpoint, "another head")
    sums = [f"{sha(piece)}  {name}\n" for name, piece in files.items() if name != "SHA256SUMS"]
    demand(text("SHA256SUMS") == "".join(sums) and "README.html" in files, "SHA256SUMS")
    root, hq, device = map(key, ("keys/root.key", "keys/hq.key", "device/device.key"))
    demand(not trust.publics or root in trust.publics, "the set-up's key was not given")
    _, kind, manifest = opened(text("setup/manifest.jws"), [root])
    part = json.loads(manifest)["body"]["parts"]["election"]["sha256"]
    demand(kind == "pack" and sha(text("setup/election.json").encode()) == part, "the set-up")
    keys = json.loads(text("setup/election.json"))["keys"]
    watching = keys.get("witnesses") or {"keys": []}
    witnesses = [NoteKey(vkey, kind=4) for vkey in watching["keys"]]
    of_setup = text("keys/log.vkey"), keys["log_vkey"], text("keys/hq.key")
    demand(of_setup == (trust.log.vkey + "\n", trust.log.vkey, keys["hq"] + "\n"), "keys/")
    checkpoint = text("checkpoint")
    size, _ = trust.log.checkpoint(checkpoint, witnesses)
    receipt("setup/manifest.jws", "statement", sha(files["setup/manifest.jws"]))
    kid, kind, payload = opened(text("record.jws"), [device])
    record, digest = {}, sha(files["record.jws"])
    with contextlib.suppress(ValueError):  # What nobody can read yet is evidence all the same.
        record = json.loads(payload)
    says = record.get if isinstance(record, dict) else {}.get
    demand(kind in RECORD_KINDS, "record.jws is no record")
    receipt("record.jws", "record", digest)
    for name in [n for n in files if n.split("/")[0] in PLACES.values() and n.endswith(".jws")]:
        _, kind, said = opened(text(name), [hq])
        folder, body = name.split("/")[0], json.loads(said)["body"]
        about = {"device": [body.get("kid")], "decisions": [body.get("record")]}
        is_it = (kid if folder == "device" else digest) in about.get(folder, body.get("records"))
        demand(PLACES.get(kind) == folder and is_it, f"{name} is about something else")
        demand(name == f"{folder}/{sha(files[name])}.jws", f"{name} has another hash")
        receipt(name, "statement", sha(files[name]))
    chain = json.loads(text("chain.json"))
    is_it = {"record": digest, "kid": kid, "seq": says("seq"), "prev": says("prev")}
    around = {name: chain[name] for name in ("before", "beside", "after", "corrected_by")}
    spelt = json.dumps(is_it | around, indent=2, ensure_ascii=False) + "\n"
    demand(spelt == text("chain.json"), "chain.json is another chain")
    for neighbour in {name for hashes in around.values() for name in hashes}:
        receipt(f"chain/{neighbour}.", "record", neighbour)
    for photo in set(named(record)):
        for name in [n for n in files if re.fullmatch(PHOTO, n) and n[7:71] == photo][:1]:
            used.add(name)
            demand(sha(files[name]) == photo, f"{name} has another hash")
            receipt(name, "photo", photo)
    demand(set(files) == used, f"nothing accounts for {sorted(set(files) - used)}")
    return f"record {digest}, {len(files)} pieces, in a log of {size} entries"

JUDGES = {".jws": judge_record, ".tlog-proof": judge_receipt, ".zip": judge_bundle}

def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--vkey")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    trust = parser.parse_args()
    trust.publics = [b64(key, url=True) for key in trust.key]
    trust.log = NoteKey(trust.vkey) if trust.vkey else None
    failed = 0
    for path in trust.files:
        judge = judge_log if path.is_dir() else JUDGES.get(path.suffix)
        try:
            demand(judge and (trust.log or judge is judge_record), "of no known kind, or no --vkey")
            print(f"{path}: holds: {judge(path, trust)}")
        except (Lie, InvalidSignature, KeyError, TypeError, ValueError) as lie:
            failed += 1
            print(f"{path}: DOES NOT HOLD: {str(lie) or type(lie).__name__}")
    sys.exit(1 if failed else 0)
main()
