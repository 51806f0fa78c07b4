"""A recorded conversation (`conversations export`), turn by turn, and what a script says of it."""
import re

import scripts


class Turn:
    """One message of the customer and all that followed it."""

    def __init__(self, said, outcome):
        self.said = said
        self.outcome = outcome
        self.calls = []    # (name, input)
        self.events = []   # ("result", json) and ("reply", text), in their order

    def reply(self):
        return "\n\n".join(what for kind, what in self.events if kind == "reply")


def result_values(block):
    """What a tool returned: the JSON of its content, or its text."""
    return [part.get("json", part.get("text")) for part in block.get("content", [])]


def turns_of(export):
    outcomes = {t["user_message"]: t["outcome"] for t in export["turns"]}
    turns = []
    for message in export["messages"]:
        if message["state"] != "sent":
            continue
        if message["author"] == "customer":
            said = " ".join(b["text"] for b in message["content"] if "text" in b)
            turns.append(Turn(said, outcomes.get(message["id"], "with_human")))
        elif turns:
            add_blocks(turns[-1], message)
    return turns


def add_blocks(turn, message):
    for block in message["content"]:
        if "toolUse" in block:
            turn.calls.append((block["toolUse"]["name"], block["toolUse"]["input"]))
        elif "toolResult" in block:
            for value in result_values(block["toolResult"]):
                turn.events.append(("result", value))
        elif "text" in block and message["role"] == "assistant":
            turn.events.append(("reply", block["text"]))


def plain(text):
    """TEXT as it is read: no Markdown, no case, one blank between words, plain quotes."""
    text = re.sub(r"[*_`|]+", " ", text).replace("\u2019", "'")
    return " ".join(text.lower().split())


def holds(text, words):
    """Is one of the alternatives in WORDS said in TEXT (both plain)?"""
    for one in words.split(" | "):
        one = plain(one.rstrip("*")) if not one.endswith("*") else plain(one[:-1]) + "*"
        prefix = one.endswith("*")
        one = one.rstrip("*")
        left = r"(?<![a-z0-9])" if one[:1].isalnum() else ""
        right = "" if prefix or not one[-1:].isalnum() else r"(?![a-z0-9])"
        if re.search(left + re.escape(one) + right, text):
            return True
    return False


def judge_turn(want, got):
    """Why GOT is not what a script WANTs of this turn; None when it is."""
    called = {name for name, _ in got.calls}
    reply = plain(got.reply())
    for tool in want.get("tools", []):
        if not scripts.TOOLS[tool] & called:
            return f"wanted a call of {tool}, called {sorted(called) or 'nothing'}"
    for tool in want.get("not_tools", []):
        if scripts.TOOLS[tool] & called:
            return f"called {tool}"
    if got.outcome not in scripts.outcomes(want):
        return f"wanted {want.get('outcome', 'answered')}, was {got.outcome}"
    for words in want.get("says", []):
        if not holds(reply, words):
            return f"wanted '{words}'"
    for words in want.get("not", []):
        if holds(reply, words):
            return f"said '{words}'"
    return None


def judge(talk, export):
    """What is wrong with the conversation, in one line; None when all is as TALK wants it."""
    turns = turns_of(export)
    if len(turns) != len(talk["turns"]):
        return f"{len(talk['turns'])} messages were written, {len(turns)} are on record"
    for number, (want, got) in enumerate(zip(talk["turns"], turns), 1):
        why = judge_turn(want, got)
        if why:
            said = " ".join(got.reply().split()) or "(no answer)"
            return f"turn {number}, \"{want['say']}\": {why}; the answer: {said}"
    handed = any(turn.outcome == "handed_over" for turn in turns)
    tickets = export["tickets"]
    if len(tickets) != handed or (export["owner"] != "bot") != handed:
        return f"{len(tickets)} tickets, owner {export['owner']}"
    if handed and tickets[0]["priority"] not in talk.get("priority", [tickets[0]["priority"]]):
        return f"priority {tickets[0]['priority']}, wanted {' or '.join(talk['priority'])}"
    return None
