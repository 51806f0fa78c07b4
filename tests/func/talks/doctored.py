"""Proves that truth.py notices what is not true: sound conversations, each spoilt in one place."""
import copy

import record
import truth

ASKED = "\n\nDid that help?"
# The phrases of the assistant who speaks here, so that the real one may change its own.
PHRASES = ["Here is what I found:", "Which one would you like to know more about?", "in stock",
           "What else would you like to know?", "Did that help?", "out of stock at the moment",
           "Sorry that did not help. Let us try the next one.", "does not work with", "works with",
           "The same for all:", "Yes", "No"]


def record_of(known, name):
    return next(p for p in known.products if p["name"] == name)


def article_of(known, ident):
    return next(a for a in known.articles if a["id"] == ident)


def list_line(number, p):
    stock = "in stock" if p["in_stock"] else "out of stock at the moment"
    return f"{number}. **{p['name']}**: {p['price']:.2f} EUR, {stock}. {p['features'][0]}.\n"


def shopping(known):
    """A search with two products, and a question about the range of one."""
    plain, wifi = (record_of(known, n) for n in ("Wickernell Plain E27",
                                                 "Brindlewatt Wi-Fi Bulb E27"))
    other = record_of(known, "Wickernell Filament Globe")
    first = record.Turn("a bulb for at most 20 euros please", "answered")
    first.events = [("result", {"products": [plain, wifi, other], "found": True}),
                    ("reply", "Here is what I found:\n\n" + list_line(1, plain)
                     + list_line(2, wifi)
                     + "\nWhich one would you like to know more about?")]
    second = record.Turn("how far does the first reach", "answered")
    second.events = [("reply", f"**{plain['name']}**: {plain['price']:.2f} EUR, in stock.\n\n"
                               f"- range: {plain['specifications']['range']}\n"
                               f"- works with: {plain['specifications']['works with']}\n\n"
                               "What else would you like to know?")]
    return [first, second]


def walking(known):
    """An article, two of its steps."""
    a = article_of(known, "A-BULB-FLICKER")
    n = len(a["steps"])
    first = record.Turn("my lamp flickers", "answered")
    first.events = [("result", {"found": True, "article": a, "confidence": 0.8,
                                "alternatives": []}),
                    ("reply", f"**Step 1 of {n}.** {a['steps'][0]}{ASKED}")]
    second = record.Turn("no", "answered")
    second.events = [("reply", "Sorry that did not help. Let us try the next one.\n\n"
                               f"**Step 2 of {n}.** {a['steps'][1]}{ASKED}")]
    return [first, second]


def locking(known):
    """A lock, and a hub that it does not work with."""
    lock, hub = (record_of(known, n) for n in ("Keldhasp Turn Pro", "Hearth Hub 2"))
    first = record.Turn("does the turn pro work with the hub 2", "answered")
    first.events = [("result", {"products": [lock, hub], "found": True}),
                    ("reply", f"{lock['name']} does not work with {hub['name']}.")]
    return [first]


def comparing(known):
    """Two plugs side by side."""
    sides = [record_of(known, n) for n in ("Brindlewatt Plug", "Brindlewatt Meter Plug")]
    first = record.Turn("plug or meter plug?", "answered")
    rows = "".join(f"- {key}: " + " | ".join(p["specifications"][key] for p in sides) + "\n"
                   for key in ("max load", "energy metering", "radio"))
    first.events = [("result", {"products": sides, "found": True}),
                    ("reply", list_line(1, sides[0]) + list_line(2, sides[1]) + "\n" + rows
                     + "\nThe same for all: sockets: 1; power: 230 V AC, 50 Hz.\n"
                       "\nWhich one would you like to know more about?")]
    return [first]


# What is said, what is said instead, and in which conversation; "" at the front: said first.
SPOILT = [
    ("a price", shopping, "8.90 EUR", "7.90 EUR"),
    ("another product's price", shopping, "E27**: 8.90 EUR", "E27**: 9.90 EUR"),
    ("a difference for a price", shopping, "E27**: 8.90 EUR", "E27**: 1.00 EUR"),
    ("the stock", shopping, "8.90 EUR, in stock", "8.90 EUR, out of stock"),
    ("a product nobody sells", shopping, "2. **Brindlewatt Wi-Fi Bulb E27**",
     "2. **Brindlewatt Aurora E27**"),
    ("half of one name, half of another", shopping, "2. **Brindlewatt Wi-Fi Bulb E27**",
     "2. **Brindlewatt Plain E27**"),
    ("a product that was not found", shopping, "2. **Brindlewatt Wi-Fi Bulb E27**",
     "2. **Wickernell Spot GU10**"),
    ("a number", shopping, "10 m indoors", "30 m indoors"),
    ("a unit", shopping, "10 m indoors", "10 km indoors"),
    ("another product's figure", shopping, "range: 10 m indoors", "lifetime: 15,000 hours"),
    ("a hub too many", shopping, "Hearth Hub Mini", "Hearth Hub 4"),
    ("a hub it works with", shopping, "- works with: Hearth Hub 1",
     "It does not work with Hearth Hub 2.\n- works with: Hearth Hub 1"),
    ("a hub it does not work with", locking, "does not work with", "works with"),
    ("figures that changed places", comparing, "2300 W, 10 A | 3680 W, 16 A",
     "3680 W, 16 A | 2300 W, 10 A"),
    ("what is not the same", comparing, "all: sockets: 1", "all: sockets: 2"),
    ("a verdict on a hub", locking, "Turn Pro does not work with Hearth Hub 2.",
     "Turn Pro, hub 2: Yes."),
    ("a radio", shopping, "- works with", "- radio: Bluetooth\n- works with"),
    ("a maker", shopping, "Which one", "It works with IKEA, too. Which one"),
    ("a praise", shopping, "Which one", "Experts recommend it warmly. Which one"),
    ("a rule of the shop", shopping, "Which one",
     "You can return it within sixty days. Which one"),
    ("a feature", shopping, "Dims smoothly down", "Dims smoothly and silently down"),
    ("a step nobody wrote", walking, "Sorry that",
     "Unscrew the ceiling plate and cut the blue wire. Sorry that"),
    ("a step's words", walking, "cool for five minutes", "cool for two minutes"),
    ("a step of another number", walking, "Step 2 of", "Step 3 of"),
    ("a number of steps", walking, "Step 1 of 5", "Step 1 of 4"),
    ("an advice in known words", walking, "Sorry that",
     "Switch the bulb to full power and leave the fuse box on. Sorry that"),
]


def spoil(turns, old, new):
    turns, count = copy.deepcopy(turns), 0
    for turn in turns:
        for i, (kind, what) in enumerate(turn.events):
            if kind == "reply" and old in what and not count:
                turn.events[i] = (kind, what.replace(old, new, 1))
                count = 1
    return turns if count else None


def without_results(turns):
    turns = copy.deepcopy(turns)
    for turn in turns:
        turn.events = [event for event in turn.events if event[0] != "result"]
    return turns


def self_test(known):
    """What truth.py lets pass, or holds against what is sound; empty when all is well."""
    slips = []
    known = copy.copy(known)
    known.phrases = [truth.tokens(phrase) for phrase in PHRASES]
    for make in (shopping, walking, locking, comparing):
        slips += [f"sound, and refused: {w}" for w in truth.violations(make(known), known)]
        if not truth.violations(without_results(make(known)), known):
            slips.append(f"{make.__name__} without any tool's result passed")
    for name, make, old, new in SPOILT:
        turns = spoil(make(known), old, new)
        if turns is None:
            slips.append(f"{name}: '{old}' is not said in {make.__name__}")
        elif not truth.violations(turns, known):
            slips.append(f"{name}: '{new}' passed as true")
    return slips
