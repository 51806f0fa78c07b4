#!/usr/bin/env python3
"""tests/bench/make_catalogue.py: the same seed gives the same bytes, and words keep the shape they
have in the real records."""
import collections
import json
import os
import re
import subprocess
import sys

SOURCE = os.environ.get("DESKHAND_SOURCE") or os.path.abspath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SHARED = os.environ.get("DESKHAND_SHARED", os.path.join(SOURCE, "..", "shared"))
REAL = os.path.join(SHARED, "data", "product_icecat", "products.jsonl")
ROWS = 4000


def make(*arguments):
    return subprocess.run([sys.executable, os.path.join(SOURCE, "tests/bench/make_catalogue.py"),
                           *arguments], env=dict(os.environ, DESKHAND_SHARED=SHARED), timeout=60,
                          stdout=subprocess.PIPE, check=True).stdout


def read(text):
    return [json.loads(line) for line in text.splitlines()]


def words(row):
    texts = [row["title"], row["brand"], row["description"]]
    texts += [f"{name} {value}" for name, value in row["attrs"].items()]
    return set(re.findall(r"[^\W_]+", " ".join(texts).lower()))


def shares(rows):
    """In which part of the rows a word stands."""
    counts = collections.Counter()
    for row in rows:
        counts.update(words(row))
    return {word: count / len(rows) for word, count in counts.items()}


def say(name, good, seen):
    print(f"{'ok' if good else 'not ok'} {name}")
    if not good:
        print(f"# seen: {seen}", file=sys.stderr)
    return good


def check_rows(text):
    rows = read(text)
    members = {"id": str, "title": str, "brand": str, "model": str, "category": str,
               "description": str, "price_cents": int, "in_stock": bool, "attrs": dict}
    broken = [r for r in rows if any(type(r.get(m)) is not t for m, t in members.items())]
    good = say("as many rows as asked for", len(rows) == ROWS, len(rows))
    good &= say("every row whole", not broken, broken[:1])
    good &= say("ids once", len({r["id"] for r in rows}) == ROWS, "a double")
    good &= say("a title begins with its brand", all(r["title"].startswith(r["brand"] + " ")
                                                     for r in rows), "one does not")
    models = len({r["model"] for r in rows})
    good &= say("model codes are new ones", models > ROWS * 0.97, models)
    return good


def check_shape(rows):
    with open(REAL, encoding="utf-8") as f:
        want = shares([json.loads(line) for line in f])
    seen = shares(rows)
    common = sorted(want, key=want.get, reverse=True)[:100]
    off = {w: (want[w], seen.get(w, 0)) for w in common if abs(seen.get(w, 0) - want[w]) > 0.15}
    good = say("common words as common as in life", not off, off)
    third = sum(share > 1 / 3 for share in seen.values())
    good &= say("the commonest in a third of all rows", third >= 5, third)
    rare = sum(share <= 2 / ROWS for share in seen.values()) / len(seen)
    return good & say("half of all words rare", rare > 0.5, rare)


def check_change(base):
    text = make("--rows", str(ROWS), "--change", "100")
    rows = read(text)
    old = {row["id"]: row for row in read(base)}
    new = [row["title"].split()[-1] for row in rows]
    good = say("changed rows are there as well", all(r["id"] in old for r in rows), "one is not")
    good &= say("each once", len({r["id"] for r in rows}) == 100, len(rows))
    good &= say("all of them changed", all(old.get(r["id"]) != r for r in rows), "one is not")
    good &= say("a new word each", len(set(new)) == 100 and not any(w.encode() in base
                                                                    for w in new), new)
    again = make("--rows", str(ROWS), "--change", "100")
    return good & say("changes again are the same", again == text, "others")


def main():
    if not os.path.exists(REAL):
        print("SKIP: no shared data")
        return 77
    text = make("--rows", str(ROWS))
    good = say("the same seed, the same bytes", text.startswith(make("--rows", "50")),
               "others")
    other = make("--rows", "50", "--seed", "2")
    good &= say("another seed, other rows", not text.startswith(other), "the same")
    good &= check_rows(text)
    good &= check_shape(read(text))
    good &= check_change(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
