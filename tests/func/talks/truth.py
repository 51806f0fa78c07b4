"""Is everything the assistant says backed? Nothing may be stated that no tool returned.

What backs a reply: the results of tools before it in the same conversation, the customer's own
words, and the phrases the assistant is written with (the string literals of its sources and the
prompts). Six rules, each over one line of a reply:

 step    `Step K of N` is followed by step K, word for word, of an article of N steps.
 name    A product that the catalogue knows is in a result or was named by the customer; two words
         of a name stand side by side there, too ("Wickernell Perch" is no product).
 price   What is said of one product's price and stock is what its record says. Differences of two
         prices may be worked out.
 fact    Numbers, radio standards and makers come from results or from the customer, next to the
         same word ("40 devices"); where a reply names products, from the records of those, each
         specification from its own. The assistant's own phrases back no fact.
 hubs    What is said to work with a hub does so by its record; what is said not to does not.
 words   Every word lies in a run of three that some source has, or is a whole field of a result
         ("Zigbee"), or the customer's. A step or an advice that was made up is not."""
import glob
import json
import os
import re

TOKEN = re.compile(r"[^\W_]+(?:[.,'/-][^\W_]+)*")
PRICE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:eur\b|euros?\b|\u20ac)", re.I)
STEP = re.compile(r"Step (\d+) of (\d+)\.?", re.I)
FACTS = set("zigbee thread bluetooth wi-fi wifi ethernet poe nfc opentherm infrared 4g 5g alexa "
            "google siri homekit apple amazon ikea philips hue lifetime".split())
COUNTED = re.compile(r"(?:days?|hours?|minutes?|seconds?|weeks?|months?|years?|metres?|meters?|"
                     r"euros?|eur|percent|per|watts?|volts?|degrees?|working|devices|bulbs)")
COUNTS = set("one two three four five six seven eight nine ten twelve fifteen twenty thirty forty "
             "fifty sixty eighty ninety hundred".split())
RUN = 3
SHOP = "Hearth & Signal"  # whose desk it is: said by templates


def tokens(text):
    text = text.replace("\u2019", "'").replace("\u00d7", "x").replace(SHOP, "").lower()
    return [tidy(t) for t in TOKEN.findall(text)]


def tidy(token):
    """Numbers as one writes them once: 9.90 and 9.9, 25,000 and 25000."""
    if re.fullmatch(r"\d{1,3}(,\d{3})+", token):
        token = token.replace(",", "")
    if re.fullmatch(r"\d+\.\d+", token):
        token = token.rstrip("0").rstrip(".")
    return token


def grams(seq, size):
    return {tuple(seq[i:i + size]) for i in range(len(seq) - size + 1)}


def literals(path):
    """The texts in the string literals of a C source, cut where something is filled in."""
    with open(path, encoding="utf-8") as f:
        code = re.sub(r"/\*.*?\*/", " ", f.read(), flags=re.S)
    code = re.sub(r"#include.*", "", code)
    code = re.sub(r'"\s*STR_FMT\s*"?|STR_FMT\s*"', "\1", code)
    code = re.sub(r'"\s*\n?\s*"', "", code)
    for text in re.findall(r'"((?:[^"\\\n]|\\.)*)(?:"|\x01)', code):
        text = re.sub(r"\\x[0-9a-f]{2}|\\[nrt]", " ", text).replace('\\"', '"')
        yield from re.split("%?\1|%[-0-9.*]*[a-z]+", text)


class Known:
    """What is known before anybody speaks: the catalogue's names and the assistant's phrases."""

    def __init__(self, source):
        with open(os.path.join(source, "catalog", "sample", "products.jsonl"),
                  encoding="utf-8") as f:
            self.products = [json.loads(line) for line in f]
        with open(os.path.join(source, "catalog", "sample", "articles.jsonl"),
                  encoding="utf-8") as f:
            self.articles = [json.loads(line) for line in f]
        self.names = sorted((p["name"] for p in self.products), key=len, reverse=True)
        self.hubs = {p["name"] for p in self.products if p["category"] == "hubs"}
        self.brands = {word for p in self.products for word in tokens(p["brand"])}
        self.name_words = {word for name in self.names for word in tokens(name)} | self.brands
        self.phrases = []
        for path in glob.glob(os.path.join(source, "core", "model", "*embedded*.[ch]")):
            self.phrases += [tokens(text) for text in literals(path)]
        for name in ("greeting", "handoff", "apology", "confirm", "decided", "limit_reached"):
            with open(os.path.join(source, "prompts", name + ".mustache"), encoding="utf-8") as f:
                text = re.sub(r"\{\{!.*?\}\}", "", f.read(), flags=re.S)
            self.phrases += [tokens(part) for part in re.split(r"\{\{.*?\}\}", text)]
        self.phrases = [phrase for phrase in self.phrases if phrase]


def leaves(value, key=""):
    """Every text in a result, each also behind its name: "range: 10 m indoors"."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)
    elif isinstance(value, bool) or value is None:
        pass
    else:
        yield str(value)
        yield f"{key} {value}"


class Evidence:
    """What a conversation has brought up so far."""

    def __init__(self, known):
        self.known = known
        self.records = {}    # name -> record
        self.articles = []
        self.fields = []     # token lists of all results
        self.common = []     # those that belong to no product
        self.customer = []   # token lists of the customer's messages
        self.named = []      # products named in replies so far
        self.fresh = []      # products found since the customer's last message

    def hear(self, said):
        self.customer.append(tokens(said))
        self.fresh = []

    def take(self, result):
        if isinstance(result, str):
            try:
                result = json.loads(result)
            except ValueError:
                result = {"text": result}
        listed = result.get("products") or []
        if isinstance(result.get("product"), dict):
            listed = listed + [result["product"]]
        for record in listed:
            self.fresh.append(record["name"])
            self.records[record["name"]] = {**self.records.get(record["name"], {}), **record}
        if isinstance(result.get("article"), dict):
            self.articles.append(result["article"])
        rest = {k: v for k, v in result.items() if k not in ("products", "product")}
        self.common += [tokens(leaf) for leaf in leaves(rest)]
        self.fields += [tokens(leaf) for leaf in leaves(result)]

    def of_products(self, names):
        return [tokens(leaf) for name in names if name in self.records
                for leaf in leaves(self.records[name])]

    def words(self):
        return {word for seq in self.fields + self.customer for word in seq}

    def prices(self, names):
        return {float(self.records[n]["price"]) for n in names
                if n in self.records and "price" in self.records[n]}

    def customer_numbers(self):
        return {word for seq in self.customer for word in seq if word[0].isdigit()}


def find_names(line, evidence):
    """The products named in LINE, and the line without them."""
    found = []
    names = sorted(set(evidence.known.names) | set(evidence.records), key=len, reverse=True)
    for name in names:
        pattern = r"(?<!\w)" + re.escape(name) + r"(?!\w)"
        if re.search(pattern, line, re.I):
            found.append(name)
            line = re.sub(pattern, "\2", line, flags=re.I)
    return found, line


def subjects(line, evidence):
    """The products found that LINE speaks about, not those it says something works with."""
    line = re.sub(r"\b(?:works? with|fits)\b.*", "", line)
    return [name for name in find_names(line, evidence)[0] if name in evidence.records]


def check_step(line, evidence):
    """None, or what is wrong with `Step K of N` in LINE; and what of the line is left to check."""
    m = STEP.search(line)
    if not m:
        return None, line
    step, count = int(m.group(1)), int(m.group(2))
    said = tokens(line[m.end():])
    for article in evidence.articles:
        steps = article.get("steps", [])
        if len(steps) == count and 1 <= step <= count:
            wanted = tokens(steps[step - 1])
            if said[:len(wanted)] == wanted and wanted:
                return None, line[:m.start()]
    return "no article has this step", ""


def check_names(line, found, evidence):
    brought = " ".join(" ".join(seq) for seq in evidence.fields + evidence.customer)
    for name in found:
        if " ".join(tokens(name)) not in brought:
            return f"{name} was not found by any tool"
    pairs = set()
    for seq in evidence.fields + evidence.customer + evidence.known.phrases:
        pairs |= grams(seq, 2)
    for run in re.findall(r"[A-Z][\w-]*(?: (?:[A-Z][\w-]*|\d+(?![.,]?\d)))+", line):
        run = tokens(run)
        for pair in zip(run, run[1:]):
            if set(pair) & evidence.known.name_words and pair not in pairs and (
                    set(pair) <= evidence.known.name_words or pair != tuple(run[:2])):
                return f"'{' '.join(pair)}' is the name of nothing that was found"
    return None


def differences(line, prices):
    """What LINE may say one of PRICES is above another, if it speaks of that."""
    if not re.search(r"differ|cheaper|dearer|less|more|save|extra|between", line, re.I):
        return set()
    return {round(abs(a - b), 2) for a in prices for b in prices if a != b}


def check_price(line, about, scope, evidence):
    """Prices and stock in LINE, which speaks ABOUT one product (None: several, or none)."""
    allowed = evidence.prices([about] if about in evidence.records else scope)
    allowed |= differences(line, evidence.prices(scope))
    for text in PRICE.findall(line):
        value = float(text.replace(",", "."))
        if value not in allowed and tidy(text) not in evidence.customer_numbers():
            return f"a price of {text}"
    record = evidence.records.get(about)
    if record and "in_stock" in record:
        out = re.search(r"(?:out of|not(?: \w+)? in|no longer in) stock|sold out", line, re.I)
        there = not out and re.search(r"\b(?:in stock|available now)\b", line, re.I)
        if (out and record["in_stock"]) or (there and not record["in_stock"]):
            return f"the stock of {about}"
    return None


def hub_in(text, evidence):
    """The hub that ends TEXT, by its name or what people call it ("the hub 2")."""
    said = tokens(text)
    for hub in sorted(evidence.known.hubs, key=len, reverse=True):
        if said[-len(tokens(hub)) + 1:] == tokens(hub)[1:]:
            return hub
    return None


def check_hubs(line, about, evidence):
    """What works with what, said of the one product that is no hub."""
    subject = [name for name in find_names(line, evidence)[0]
               if name not in evidence.known.hubs and name in evidence.records]
    subject = subject[0] if len(subject) == 1 else about
    record = evidence.records.get(subject, {})
    fits = [name.strip() for name in
            str(record.get("specifications", {}).get("works with", "")).split(",")]
    if subject in evidence.known.hubs or fits == [""] or " | " in line:
        return None
    verdict = re.match(r"(.*?)[:,] (yes|no)\b", line, re.I)
    hub = hub_in(verdict.group(1), evidence) if verdict else None
    if hub and (hub in fits) != (verdict.group(2).lower() == "yes"):
        return f"'{verdict.group(2)}' to {subject} with {hub}"
    for clause in re.split(r"[.;] |\bbut\b", line):
        hubs = [name for name in find_names(clause, evidence)[0] if name in evidence.known.hubs]
        said = re.search(r"\bworks?(?: \w+)? with\b|\bpairs? with\b|\bcompatible\b", clause, re.I)
        denied = re.search(r"\bnot\b|n't\b|\bno\b(?! hub)|\bnor\b|\bneither\b", clause, re.I)
        for hub in hubs if said else []:
            if (hub in fits) == bool(denied):
                return f"{subject} {'with' if denied else 'without'} {hub}, by its record"
    return None


def is_fact(token, after, known):
    return (token[0].isdigit() or token in FACTS or token in known.brands
            or (token in COUNTS and COUNTED.fullmatch(after or "") is not None))


def check_facts(seq, sources, evidence, free):
    """Numbers and standards in SEQ, each beside the word it has in one of SOURCES."""
    pairs, alone, words = set(), set(), set()
    for source in sources:
        pairs |= grams(source, 2)
        words |= set(source)
        if len(source) == 1:
            alone.add(source[0])
    spoken = {word for source in evidence.customer for word in source}
    for i, token in enumerate(seq):
        before = seq[i - 1] if i else ""
        after = seq[i + 1] if i + 1 < len(seq) else ""
        if not is_fact(token, after, evidence.known) or token in free or token in spoken:
            continue
        numeric = token[0].isdigit() or token in COUNTS
        backed = ((before, token) in pairs or (token, after) in pairs or token in alone
                  if numeric else token in words)
        if not backed:
            return f"'{' '.join(seq[max(0, i - 2):i + 3])}'"
    return None


def check_words(seq, evidence, named):
    """A word of SEQ that nothing brought up, or that stands where no source has it."""
    sources = evidence.fields + evidence.known.phrases
    runs, whole = set(), set()
    for source in sources:
        runs |= grams(source, RUN)
        if len(source) < RUN:
            whole.add(tuple(source))
    for name in named:
        for size in range(1, RUN):
            whole |= grams(tokens(name), size)
    spoken = {word for source in evidence.customer for word in source}
    covered = [token in spoken or token[0].isdigit() for token in seq]
    for size in range(1, RUN + 1):
        for i in range(len(seq) - size + 1):
            if tuple(seq[i:i + size]) in (runs if size == RUN else whole):
                covered[i:i + size] = [True] * size
    if all(covered):
        return None
    at = covered.index(False)
    return f"'{' '.join(seq[max(0, at - 3):at + 4])}'"


def check_columns(line, about, scope, evidence):
    """`name: value | value`: each value is that of its product. Of one product: its own. Of all
    of them (`The same for all: name: value; name: value`): that of each."""
    if " | " in line:
        return check_fields([line], scope, evidence)
    if about in evidence.records:
        return check_fields(line.split("; "), [about], evidence)
    if re.match(r"(?:the )?same|all|both", line, re.I):
        fields = [re.sub(r"^[^:]+: (?=[^:]+: )", "", part) for part in line.split("; ")]
        for name in scope:
            wrong = check_fields(fields, [name], evidence)
            if wrong:
                return wrong
    return None


def check_fields(fields, columns, evidence):
    records = [evidence.records[name].get("specifications", {}) for name in columns]
    specs = [{k.lower(): v for k, v in record.items()} for record in records]
    for key, _, values in (field.partition(": ") for field in fields):
        values = values.split(" | ")
        if len(values) != len(columns) or not any(key.lower() in spec for spec in specs):
            continue
        for name, spec, value in zip(columns, specs, values):
            has = tokens(str(spec.get(key.lower(), "not given")))
            if tokens(value)[:len(has)] != has:
                return f"'{value}' as {key} of {name}"
    return None


def check_line(line, about, scope, evidence):
    wrong, line = check_step(line, evidence)
    if wrong:
        return wrong
    found, rest = find_names(line, evidence)
    if subjects(line, evidence) == [about]:
        scope = [about]
    seq = tokens(rest.replace("\2", " "))
    sources = evidence.common + evidence.of_products(scope or list(evidence.records))
    pool = evidence.prices(scope or list(evidence.records))
    free = {tidy(f"{p:.2f}") for p in pool | differences(line, pool)}
    return (check_names(rest, found, evidence)
            or check_price(line, about, scope or list(evidence.records), evidence)
            or check_columns(line, about, scope, evidence)
            or check_hubs(line, about, evidence)
            or check_facts(seq, sources, evidence, free)
            or check_words(seq, evidence, list(evidence.records)))


def check_reply(text, evidence):
    """What in one reply is not backed: a list of texts."""
    lines = [re.sub(r"[*`]+|^\s*(?:[-\u2022]|\d+[.)])\s+", "", raw.strip())
             for raw in re.sub(r"\*\*", "", text).replace(SHOP, "").split("\n")]
    lines = [line for line in lines if line.strip()]
    in_lines = [subjects(line, evidence) for line in lines]
    named = [name for names in in_lines for name in names]
    scope = list(dict.fromkeys(named or evidence.named + evidence.fresh))
    wrong, about = [], scope[0] if len(scope) == 1 else None
    for line, records in zip(lines, in_lines):
        about = records[0] if len(records) == 1 else about if not records else None
        why = check_line(line, about, scope, evidence)
        if why:
            wrong.append(f"{why} in: {line}")
    evidence.named += named
    return wrong


def violations(turns, known):
    """Every statement of a conversation (record.Turn) that nothing backs."""
    evidence = Evidence(known)
    wrong = []
    for turn in turns:
        evidence.hear(turn.said)
        for kind, what in turn.events:
            if kind == "result":
                evidence.take(what)
            else:
                wrong += check_reply(what, evidence)
    return wrong
