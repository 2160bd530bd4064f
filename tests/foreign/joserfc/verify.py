"""Verifies Hattama's known answers with `joserfc`, which was not written here.

Usage: python verify.py path/to/proto/vectors

Nothing of ours is taken for granted but the files: kids, ids and chains are worked out again.
Prints one line of counts; stops with exit status 1 at the first lie.
"""

import base64
import hashlib
import json
import pathlib
import re
import sys

from joserfc import jws
from joserfc.jwk import OKPKey

LIMIT = 16_384
HEADER = re.compile(
    rb'\{"alg":"Ed25519","kid":"([A-Za-z0-9_-]{43})","typ":"(hattama-[a-z-]+\+jws)"\}'
)


class Refused(Exception):
    """The strict rules refuse it."""


def lie(message):
    print(f"joserfc: {message}", file=sys.stderr)
    sys.exit(1)


def decode(part):
    """Base64url that is spelt in the one way there is."""
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise Refused("not strict base64url")
    return data


def strict(compact, types):
    """Steps 1 and 2 of proto/vectors/README.md. Returns the kid and the typ."""
    if len(compact.encode()) > LIMIT:
        raise Refused("too long")
    parts = compact.split(".")
    if len(parts) != 3:
        raise Refused("not three parts")
    header = [decode(part) for part in parts][0]
    found = HEADER.fullmatch(header)
    if not found:
        raise Refused("not the header")
    kid, typ = (group.decode() for group in found.groups())
    decode(kid)
    if typ not in types:
        raise Refused("not a typ")
    return kid, typ


class Judge:
    """What `joserfc` says, given the key that the header names, and the one algorithm."""

    def __init__(self, keys):
        self.keys = {}
        self.names = {}
        for entry in keys:
            key = OKPKey.import_key(entry["jwk"])
            if key.thumbprint() != entry["kid"]:
                lie(f"kid of {entry['name']} is not its thumbprint")
            self.keys[entry["kid"]] = key
            self.names[entry["kid"]] = entry["name"]

    def key_of(self, token):
        return self.keys[token.headers()["kid"]]

    def payload(self, compact):
        return jws.deserialize_compact(compact, self.key_of, algorithms=["Ed25519"]).payload


def passes(check):
    try:
        check()
    except Exception:  # whatever a library throws at bad input is a refusal
        return False
    return True


def main(folder):
    def read(name):
        return json.loads((folder / name).read_text(encoding="utf-8"))

    known, invalid = read("records.json"), read("invalid.json")["strings"]
    unreadable, strings = read("unreadable.json")["strings"], known["strings"]
    types = {string["typ"] for string in strings}
    judge = Judge(known["keys"])

    chains = {}
    for string in strings:
        name, compact = string["name"], string["compact"]
        try:
            kid, typ = strict(compact, types)
            payload = json.loads(judge.payload(compact))
        except Exception as error:
            lie(f"{name}: {error!r}")
        if judge.names[kid] != string["key"] or typ != string["typ"]:
            lie(f"{name}: key or typ")
        if payload != string["payload"]:
            lie(f"{name}: another payload")
        identity = hashlib.sha256(compact.encode()).hexdigest()
        if identity != string["id"]:
            lie(f"{name}: another id")
        if "seq" in payload:
            seq, prev = chains.get(kid, (-1, None))
            if payload["seq"] != seq + 1 or payload["prev"] != prev:
                lie(f"{name}: chain")
            chains[kid] = (payload["seq"], identity)

    for string in unreadable:
        try:
            strict(string["compact"], types)
            judge.payload(string["compact"])
        except Exception as error:
            lie(f"{string['name']}: {error!r}")

    by_library = 0
    for string in invalid:
        name, compact = string["name"], string["compact"]
        library = passes(lambda: judge.payload(compact))
        if library and string["refused_by"] == "every_verifier":
            lie(f"{name}: accepted")
        if library and passes(lambda: strict(compact, types)):
            lie(f"{name}: accepted by rules and library")
        by_library += not library

    print(
        f"joserfc: {len(strings)} valid in {len(chains)} chains, {len(unreadable)} genuine but "
        f"unreadable, {len(invalid)} invalid refused ({by_library} by the library alone)"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python verify.py path/to/proto/vectors")
    main(pathlib.Path(sys.argv[1]))
