"""What check-includes and check-style share: the tree's files, C without its comments and strings,
findings.

A finding is printed as `file:line: what: how to mend` on stderr. Standard library only: whoever
can run meson can run the checks.
"""
import fnmatch
import os
import re
import sys

# Folders that hold no source: build trees, scratch desks, what git keeps.
SKIPPED = ("build", "scratch", "__pycache__")
SHOWN = (".ci",)  # the one hidden folder that is ours


class Tree:
    """The source tree at ROOT. Texts are read once; names are relative to ROOT, with slashes."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.names = sorted(self._walk())
        self.known = set(self.names)
        self._texts = {}

    def _walk(self):
        for folder, folders, files in os.walk(self.root):
            folders[:] = [f for f in folders if f in SHOWN or not
                          (f.startswith(".") or f.startswith(SKIPPED))]
            base = os.path.relpath(folder, self.root)
            for name in files:
                yield name if base == "." else base.replace(os.sep, "/") + "/" + name

    def matching(self, *patterns):
        return [n for n in self.names if any(fnmatch.fnmatchcase(n, p) for p in patterns)]

    def text(self, name):
        if name not in self._texts:
            with open(os.path.join(self.root, name), encoding="utf-8", errors="replace") as f:
                self._texts[name] = f.read()
        return self._texts[name]


class Findings:
    """Collected, sorted by place, printed at the end."""

    def __init__(self):
        self.rows = []

    def add(self, name, line, what, mend):
        self.rows.append((name, line, what, mend))

    def report(self, program):
        for name, line, what, mend in sorted(self.rows):
            print(f"{name}:{line}: {what}: {mend}", file=sys.stderr)
        if self.rows:
            print(f"{program}: {len(self.rows)} to mend", file=sys.stderr)
        return 1 if self.rows else 0


BLANKED = re.compile(r"""
    /\*.*?(?:\*/|\Z)            # a block comment
  | //(?:\\\n|[^\n])*           # a line comment
  | "(?:\\.|[^"\\\n])*"         # a string
  | '(?:\\.|[^'\\\n])+'         # a character
""", re.S | re.X)


def _blank(match):
    text = match.group()
    if text[0] in "\"'":
        return text[0] + " " * (len(text) - 2) + text[0]
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """TEXT with comments and the insides of strings blank; every line keeps its place."""
    return BLANKED.sub(_blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def uncommented(line):
    """A line of layers.txt or a meson.build without its # comment (none holds a # in a string)."""
    return line.split("#", 1)[0].rstrip()
