"""Parses Swift files with tree-sitter's grammar: says what is no Swift, and where."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import tree_sitter_swift
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_swift.language()))

# What Swift's compiler takes and this grammar does not know, as generated sources have it.
UNKNOWN = {
    # An attribute for documentation tools.
    re.compile(rb"@_documentation\(visibility: private\)"): b"",
    # A closure that returns nothing and says so.
    re.compile(rb"\{ \(\) \}"): b"{ Void() }",
}


def wrong(source: bytes) -> list[Node]:
    """What cannot be parsed, or is missing."""
    for known, instead in UNKNOWN.items():
        source = known.sub(instead, source)
    found, waiting = [], [PARSER.parse(source).root_node]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(node)
        elif node.has_error:
            waiting.extend(node.children)
    return found


def main(paths: list[str]) -> int:
    status = 0
    for path in paths:
        source = Path(path).read_bytes()
        for node in wrong(source):
            status = 1
            line = node.start_point[0] + 1
            print(f"{path}:{line}: {(node.text or b'')[:80].decode('utf-8', 'replace')}", file=sys.stderr)
        # A parser that takes everything has read nothing.
        end = max(source.rfind(b"}"), source.rfind(b")"))
        if not wrong(source[:end] + source[end + 1 :]):
            print(f"{path}: the parser does not miss its last bracket", file=sys.stderr)
            status = 1
    if status == 0:
        print(f"swift: {len(paths)} files parsed by tree-sitter's grammar; no compiler has read them")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
