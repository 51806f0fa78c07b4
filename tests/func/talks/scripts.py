"""Reads the talks: YAML files in a narrow subset, so that no package is needed to run them.

    name: Which bulb needs no hub
    wants: what the customer is really after, for the reader
    priority: [high, urgent]          # of the ticket, where one is opened; any when left out
    turns:
      - say: do you have a bulb that works without a hub
        tools: [search]               # each has to be called in this turn
        not_tools: [human]            # none of these may be
        says: [Wi-Fi Bulb, 9.90, in stock | available]
        not: [Wickernell]             # nothing of this may be said
        outcome: answered             # the default; or handed_over, with_human, a | b

`says`: every entry has to appear, one of its alternatives between " | ". Words are compared
without case and Markdown, whole; `sorr*` is the beginning of one. Scalars are plain, in double
quotes (as JSON), or folded behind `>-`; lists stand in brackets, over several lines if need be.
Tools go by short names: search, product, catalog (either of them), lookup, human."""
import json
import re

TOOLS = {
    "search": {"search_product_catalog"},
    "product": {"get_product"},
    "catalog": {"search_product_catalog", "get_product"},
    "lookup": {"lookup_troubleshooting_steps"},
    "human": {"escalate_to_human"},
}
OUTCOMES = {"answered", "handed_over", "with_human"}
TALK_KEYS = {"name", "wants", "priority", "turns"}
TURN_KEYS = {"say", "tools", "not_tools", "says", "not", "outcome"}
LIST_KEYS = {"priority", "tools", "not_tools", "says", "not"}


class Bad(Exception):
    """A script that cannot be read; says where and why."""


def scalar(text):
    if text.startswith('"'):
        return json.loads(text)
    if not text or text[0] in "'[]{}&*!|>%@`#," or ": " in text or " #" in text:
        raise Bad(f"quote this: {text}")
    return text


def flow(text):
    items = re.findall(r'"(?:[^"\\]|\\.)*"|[^,"\[\]]+', text[1:-1])
    return [scalar(item.strip()) for item in items if item.strip()]


def indent(line):
    return len(line) - len(line.lstrip(" "))


def gather(lines, at, value):
    """VALUE, with the deeper lines behind AT where it goes on there; and the next line's number."""
    inner = indent(lines[at].replace("- ", "  ", 1))
    more = []
    while at + 1 < len(lines) and lines[at + 1].strip() and indent(lines[at + 1]) > inner:
        at += 1
        more.append(lines[at].strip())
    if value == ">-" and more:
        return " ".join(more), at + 1
    whole = " ".join([value] + more)
    if whole.startswith("["):
        if not whole.endswith("]"):
            raise Bad(f"a list without an end: {whole}")
        return flow(whole), at + 1
    if more:
        raise Bad(f"goes on without >-: {whole}")
    return scalar(whole), at + 1


def pair(line):
    m = re.match(r"\s*(?:- )?([a-z_]+):(?: +(.*))?$", line)
    if not m:
        raise Bad(f"neither a key nor a remark: {line.strip()}")
    return m.group(1), (m.group(2) or "").strip()


def parse(text):
    lines = [line.rstrip() for line in text.splitlines() if not line.lstrip().startswith("#")]
    talk, at = {}, 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        key, value = pair(lines[at])
        target = talk
        if indent(lines[at]) and "turns" in talk:
            if lines[at].startswith("  - "):
                talk["turns"].append({})
            if not talk["turns"]:
                raise Bad("a turn begins with `  - say:`")
            target = talk["turns"][-1]
        if key in target:
            raise Bad(f"{key} twice")
        if key == "turns":
            talk["turns"], at = [], at + 1
        else:
            target[key], at = gather(lines, at, value)
    return talk


def check(talk):
    """Says what is wrong with a TALK, so that a slip of the pen is not a check that never fails."""
    if not TALK_KEYS - {"priority"} <= set(talk) <= TALK_KEYS or not talk["turns"]:
        raise Bad("a talk has name, wants, turns and perhaps priority")
    if not any(turn.keys() & {"says", "tools"} or turn.get("outcome") for turn in talk["turns"]):
        raise Bad("nothing is expected of it")
    for turn in talk["turns"]:
        if "say" not in turn or not set(turn) <= TURN_KEYS:
            raise Bad(f"a turn has say and perhaps {sorted(TURN_KEYS)}: {turn}")
        for tool in turn.get("tools", []) + turn.get("not_tools", []):
            if tool not in TOOLS:
                raise Bad(f"no such tool: {tool}")
        if not set(outcomes(turn)) <= OUTCOMES:
            raise Bad(f"no such outcome: {turn['outcome']}")
    for part in [talk] + talk["turns"]:
        for key, value in part.items():
            if key != "turns" and isinstance(value, list) != (key in LIST_KEYS):
                raise Bad(f"{key}: {'a list' if key in LIST_KEYS else 'a text'} is wanted")


def outcomes(turn):
    return turn.get("outcome", "answered").split(" | ")


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            talk = parse(f.read())
        check(talk)
    except (Bad, ValueError) as why:
        raise Bad(f"{path}: {why}") from why
    return talk
