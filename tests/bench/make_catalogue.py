#!/usr/bin/env python3
"""make_catalogue.py [--rows N] [--seed S] [--change N] [-o FILE]: many products out of real ones.

Writes N products as JSON Lines, each put together from three real records of one kind of thing
(DESKHAND_SHARED/data/product_icecat): the brand of one, the name of another around a model code
that is new but looks like real ones, the description and attributes of a third. Drawn by their
frequency, words about keep theirs: few stand in a third of all records, most in hardly any. (What
the parts of one real record have in common, a colour say, stands in more of these.) The same seed
gives the same bytes.

With --change N it writes N products anew instead, under ids that a catalogue of --rows has, each
with a word at the end of its title that stands nowhere else.
"""
import argparse
import json
import os
import random
import re
import sys

SOURCE = "data/product_icecat/products.jsonl"
FIRST_ID = 10000001
CHUNK = 1000

# What a title says a thing is; the first row that fits decides.
KINDS = [(category, re.compile(r"\b(?:" + words + r")\b", re.I)) for category, words in [
    ("Toner Cartridges", "toners?"),
    ("Ink Cartridges", "inks?|cartridges?|inkjet|singlepack|multipack"),
    ("Printer Parts", "drums?|fusers?|maintenance|rollers?|imaging|photoconductor|ribbons?"),
    ("Label Makers and Labels", "labels?|labelwriter|tapes?|stickers?"),
    ("Paper", "paper|envelopes?|film|canvas|sheets?|cards stock"),
    ("Power Distribution", "pdus?|ups|surge|outlets?|power (?:distribution|strip|supply)"),
    ("Batteries and Chargers", "batter(?:y|ies)|chargers?|charging"),
    ("Network Cables", "patch|cat ?5e?|cat ?6a?|cat ?7|utp|stp|rj-?45|networking cable"),
    ("Fibre Cables", "fib(?:re|er) optics?|om[1-4]|fib(?:re|er)|duplex"),
    ("Adapters", "adapt[eo]rs?|converters?|gender|couplers?|splitters?"),
    ("Cables", "cables?|cords?|leads?|wires?"),
    ("Processors", "processors?|xeon|pentium|celeron|core (?:2|i[3579])|opteron"),
    ("Mainboards", "motherboards?|boards?|chipset"),
    ("Memory", "ddr[234]?|dimm|sdram|memory|memor(?:y|ies) (?:card|module)|microsd|sdhc"),
    ("Drives", "ssd|hdd|hard (?:drive|disk)|drives?|dvd|cd-?rw?|blu-ray|flash|disks?"),
    ("Notebooks", "notebooks?|laptops?|chromebooks?|netbooks?|hybrid"),
    ("Computers", "pcs?|desktops?|workstations?|servers?|tower|all-in-one|chassis"),
    ("Tablets and Phones", "tablets?|smartphones?|phones?|mobile"),
    ("Projectors", "projectors?|lumens|projection|projector lamp"),
    ("Monitors", "monitors?|displays?|lcd|screens?|led tv|tvs?|televisions?"),
    ("Mounts and Racks", "mounts?|brackets?|racks?|stands?|rails?|shel(?:f|ves)|cabinets?|covers?"),
    ("Printers", "printers?|laser(?:jet)?|multifunction(?:al)?s?|ppm|copiers?|scanners?|plotters?"),
    ("Bags and Cases", "bags?|cases?|sleeves?|backpacks?|folios?|pouch(?:es)?|briefcases?"),
    ("Keyboards and Mice", "keyboards?|mouse|mice|keypads?|trackballs?|qwertz?y?|azerty"),
    ("Audio", "headphones?|headsets?|speakers?|earphones?|microphones?|audio|soundbars?|hi-fi"),
    ("Cameras", "cameras?|lens(?:es)?|camcorders?|webcams?|binoculars?|tripods?|megapixel"),
    ("Network Devices", "switch(?:es)?|routers?|gateways?|access points?|ethernet|wi-?fi|kvm"),
    ("Hubs and Docks", "hubs?|docks?|docking|ports?|cards?|controllers?|usb"),
    ("Kitchen", "coffee|kettles?|blenders?|toasters?|fryers?|mixers?|irons?|vacuum|shavers?|hair"),
    ("Lighting", "lamps?|bulbs?|lights?|lanterns?|led"),
    ("Toys", "dolls?|toys?|games?|lego|puzzles?|barbie|playset|figures?"),
    ("Software and Service", "licen[cs]es?|warrant(?:y|ies)|services?|support|software|years?"),
]]
REST = "Accessories"

SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]


def is_code(model):
    return 4 <= len(model) <= 24 and " " not in model and any(c.isdigit() for c in model)


def choices(code):
    """What may stand at each place of a code made after this one: other digits, now and then
    another letter, the first character as it is."""
    places = [code[0]]
    for c in code[1:]:
        if c.isdigit():
            places.append("0123456789")
        elif "A" <= c <= "Z":
            places.append("ABCDEFGHIJKLMNOPQRSTUVWXYZ" + c * 60)
        elif "a" <= c <= "z":
            places.append("abcdefghijklmnopqrstuvwxyz" + c * 60)
        else:
            places.append(c)
    return places


def inside(text):
    """As it stands between the quotes of a JSON text."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


class Source:
    """The real records, taken apart, by kind. What a row is written from is JSON already."""

    def __init__(self, path):
        self.records = []  # one each: kind
        self.kinds = {}    # category: its parts
        self.codes = []
        with open(path, encoding="utf-8") as f:
            for line in f:
                self.add(json.loads(line))

    def add(self, record):
        title, brand, model = record["title"], record["brand"], record["model"]
        category = next((c for c, fits in KINDS if fits.search(title)), REST)
        kind = self.kinds.get(category)
        if kind is None:
            kind = {"category": inside(category), "brands": [], "names": [], "texts": [],
                    "prices": []}
            self.kinds[category] = kind
        self.records.append(kind)
        if title.lower().startswith(brand.lower() + " "):
            title = title[len(brand) + 1:]
        if is_code(model):
            self.codes.append(choices(model))
        # Around the code; None where the title has none.
        before, code, after = title.partition(model) if is_code(model) else (title, "", "")
        kind["names"].append((inside(before), inside(after) if code else None))
        kind["brands"].append(inside(brand))
        kind["texts"].append((inside(record["description"]),
                              json.dumps(record["attrs"], ensure_ascii=False)))
        kind["prices"].append(max(record["price_cents"], 100))


class Maker:
    def __init__(self, source, seed):
        self.source = source
        # Of its methods only random() promises the same numbers in every version.
        self.next = random.Random(seed).random

    def row(self, number, word=""):
        """One product; NUMBER makes its id, WORD ends its title."""
        draw = self.next
        kind = self.source.records[int(draw() * len(self.source.records))]
        count = len(kind["brands"])
        brand = kind["brands"][int(draw() * count)]
        before, after = kind["names"][int(draw() * count)]
        description, attributes = kind["texts"][int(draw() * count)]
        cents = int(kind["prices"][int(draw() * count)] * (0.5 + draw()))
        style = self.source.codes[int(draw() * len(self.source.codes))]
        code = "".join([place[int(draw() * len(place))] for place in style])
        name = before if after is None else before + code + after
        stock = "true" if draw() < 0.8 else "false"
        return (f'{{"id": "{FIRST_ID + number}", "title": "{brand} {name}{word}", '
                f'"brand": "{brand}", "model": "{code}", "category": "{kind["category"]}", '
                f'"description": "{description}", "price_cents": {cents}, "in_stock": {stock}, '
                f'"attrs": {attributes}}}\n')


def new_word(number):
    """A word that no product has: nothing real holds "zq"."""
    word = "zq"
    for _ in range(3):
        number, syllable = divmod(number, len(SYLLABLES))
        word += SYLLABLES[syllable]
    return word + "x"


def write(out, maker, rows, change):
    lines = []
    for i in range(change or rows):
        if change:
            lines.append(maker.row(i * rows // change, " " + new_word(i)))
        else:
            lines.append(maker.row(i))
        if len(lines) == CHUNK:
            out.write("".join(lines).encode())
            lines.clear()
    out.write("".join(lines).encode())
    out.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--change", type=int, default=0, help="this many rows again, changed")
    parser.add_argument("-o", "--output", help="default: standard output")
    options = parser.parse_args()
    if options.rows < 1 or not 0 <= options.change <= options.rows:
        parser.error("--rows wants 1 or more, --change no more than that")
    path = os.path.join(os.environ.get("DESKHAND_SHARED", "../shared"), SOURCE)
    if not os.path.exists(path):
        print(f"SKIP: no shared data at {path}", file=sys.stderr)
        return 77
    seed = options.seed * 2 + (1 if options.change else 0)
    maker = Maker(Source(path), seed)
    if options.output:
        with open(options.output, "wb") as out:
            write(out, maker, options.rows, options.change)
    else:
        write(sys.stdout.buffer, maker, options.rows, options.change)
    return 0


if __name__ == "__main__":
    sys.exit(main())
