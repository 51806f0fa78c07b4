#!/usr/bin/env python3
"""Real models, as far as a server that pretends can be one: mock-model, asked by the whole program.

A desk whose one model speaks each of the four protocols goes through every way an answer can come,
break or be refused; what the customer reads, what the record keeps and what the next call sends are
looked at. Then a person's view, in tmux: a streamed chat that is stopped, one that begins anew, a
hand-over whose summary a model writes. No key may appear anywhere.
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

PROGRAM = os.environ["DESKHAND"]
MOCK = os.environ["MOCK_MODEL"]
WAIT = 20 if os.environ.get("CI") else 10
SECRETS = ["sk-openai-hidden", "sk-ant-hidden", "aws-hidden-secret", "bedrock-hidden-token"]
KEYS = {"OPENAI_API_KEY": SECRETS[0], "ANTHROPIC_API_KEY": SECRETS[1],
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRETS[2],
        "AWS_SESSION_TOKEN": SECRETS[3], "AWS_EC2_METADATA_DISABLED": "true"}
PROVIDERS = ("openai", "anthropic", "bedrock", "bedrock-invoke")
QUESTION = "my Lämpchen 💡 flickers"
APOLOGY = "something went wrong on our side"
FAILED = []


def case(name, good, seen=""):
    # One write a line: several desks speak at once.
    print(f"{'ok' if good else 'not ok'} {name}\n", end="", flush=True)
    if not good:
        FAILED.append(name)
        print(f"#   seen: {seen!r}"[:3000], file=sys.stderr)


class Mock:
    def __init__(self, folder, *options):
        self.log = os.path.join(folder, "requests.jsonl")
        self.process = subprocess.Popen([MOCK, "--tokens", "20", "--log", self.log, *options],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    def requests(self):
        with open(self.log, encoding="utf-8") as f:
            return [json.loads(line) for line in f]


class Desk:
    """The sample desk with models of the mock."""

    def __init__(self, folder, mock):
        self.path = os.path.join(folder, "shop")
        self.mock = mock
        self.said = []  # everything the program printed
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith(("DESKHAND_", "AWS_")) and not k.lower().endswith("_proxy")}
        self.env.update(KEYS, HOME=folder,
                        AWS_ENDPOINT_URL_BEDROCK_RUNTIME=f"http://127.0.0.1:{mock.port}")
        subprocess.run([PROGRAM, "init", self.path, "--sample"], check=True, capture_output=True)
        with open(os.path.join(self.path, "desk.yaml"), encoding="utf-8") as f:
            self.base = f.read()

    def model(self, provider, scenario, more=""):
        here = f"http://127.0.0.1:{self.mock.port}"
        settings = {
            "openai": f"base_url: '{here}/v1', key: '${{OPENAI_API_KEY}}'",
            "anthropic": f"base_url: '{here}', key: '${{ANTHROPIC_API_KEY}}'",
        }.get(provider, "region: us-east-1")
        # Short only where the server will not say another word: a busy machine pauses, too.
        stall = "500ms" if scenario == "stall" else "20s"
        return (f"{{provider: {provider}, id: mock.{scenario}, {settings}, attempts: 2, "
                f"stall_timeout: {stall}{more}}}")

    def write(self, models, chosen="m", more=""):
        text = self.base.replace("model: embedded", f"model: {chosen}") + "\nmodels:\n"
        text += "".join(f"  {name}: {model}\n" for name, model in models.items()) + more
        with open(os.path.join(self.path, "desk.yaml"), "w", encoding="utf-8") as f:
            f.write(text)

    def use(self, provider, scenario, fallback="", more=""):
        self.write({"m": self.model(provider, scenario, more)},
                   more=f"model.fallback: [{fallback}]\n" if fallback else "")

    def run(self, *words, env=None):
        done = subprocess.run([PROGRAM, "--desk", self.path, *words], env=env or self.env,
                              capture_output=True, text=True, timeout=60, check=False,
                              stdin=subprocess.DEVNULL)
        self.said += [done.stdout, done.stderr]
        return done

    def ask(self, text=QUESTION, conversation=None):
        """(exit status, the answer, the record)"""
        words = ["-c", conversation] if conversation else []
        done = self.run("ask", "--json", *words, text)
        answer = json.loads(done.stdout)
        record = json.loads(self.run("conversations", "export", answer["conversation"]).stdout)
        return done.returncode, answer, record


def texts(record, author):
    """What AUTHOR said, as it is stored."""
    return ["".join(b.get("text", "") for b in m["content"])
            for m in record["messages"] if m["author"] == author]


def calls(record):
    return [(c["outcome"], c["model"], c["error"] or "") for t in record["turns"]
            for c in record["model_calls"] if c["turn"] == t["id"]]


def answers(desk, provider):
    """Scenarios that end with the model's own answer: how many tools ran, and how."""
    rows = {"text": [], "tool": [True], "two-tools": [True, True], "chain": [True, True],
            "split": [True], "bad-json": [False], "unknown-tool": [False], "throttled": [],
            "max-tokens": [], "reasoning": [], "reasoning-tool": [True]}
    for scenario, tools in rows.items():
        desk.use(provider, scenario)
        status, answer, record = desk.ask()
        found = "This is what I found:" if tools else "You wrote: my Lämpchen 💡"
        case(f"{provider}: {scenario}",
             status == 0 and answer["outcome"] == "answered" and answer["model"] == "m" and
             found in answer["reply"] and [t["ok"] for t in answer["tools"]] == tools and
             texts(record, "bot")[-1] in answer["reply"] and
             all(outcome == "ok" for outcome, _, _ in calls(record)), (status, answer, record))
        if scenario == "split":
            arguments = [json.loads(c["arguments"]) if isinstance(c["arguments"], str)
                         else c["arguments"] for c in record["tool_calls"]]
            case(f"{provider}: split arguments are whole", arguments and
                 QUESTION in arguments[0].values(), arguments)
        if scenario == "throttled":
            note = calls(record)[0][2]
            shown = desk.run("conversations", "show", answer["conversation"]).stdout
            case(f"{provider}: a retry is noted and shown",
                 "answered at attempt 2" in note and "answered at attempt 2" in shown, shown)
        if scenario == "reasoning-tool":
            kept = json.dumps(record["messages"])
            sent = desk.mock.requests()[-1]["body"]
            wanted = "b3BhcXVlLXJlZGFjdGVk"  # the block that was redacted
            case(f"{provider}: reasoning is kept and sent back",
                 provider == "openai" or (wanted in kept and wanted in sent), (kept, sent))


def failures(desk, provider):
    """Scenarios without an answer: exit status, and what the operator is told."""
    rows = {"error500": (1, "fail"), "overloaded": (1, ""), "cut": (1, ""),
            "cut-tool": (1, ""), "cut-frame": (1, ""), "stall": (1, "nothing came"),
            "exception": (1, ""), "validation": (1, "refuse"), "access": (4, "access"),
            "notfound": (3, "model"), "empty": (1, "answered nothing")}
    for scenario, (status, words) in rows.items():
        desk.use(provider, scenario)
        done = desk.run("ask", QUESTION)
        case(f"{provider}: {scenario} is told", done.returncode in (status, 1, 4) and
             APOLOGY in done.stdout and words in done.stderr and done.stderr.count("\n") == 1,
             done)
        if scenario == "empty":
            continue
        desk.use(provider, scenario, fallback="embedded")
        got, answer, record = desk.ask()
        notes = [note for _, model, note in calls(record) if model == "embedded"]
        case(f"{provider}: {scenario}, the fallback answers",
             got == 0 and answer["model"] == "embedded" and "steps for this" in answer["reply"] and
             notes and "no answer from m" in notes[0] and not any(notes[1:]) and
             len(texts(record, "bot")) >= 1 and "You wrote" not in json.dumps(record["messages"]),
             (answer, record))


def limits(desk, provider):
    desk.use(provider, "max-tokens-tool")
    status, answer, record = desk.ask()
    case(f"{provider}: a call cut by the limit never runs",
         status == 4 and answer["tools"] == [] and record["tool_calls"] == [] and
         "longer than I am allowed" in answer["reply"], (answer, record))
    desk.use(provider, "filtered")
    status, answer, record = desk.ask()
    half = answer["outcome"] == "answered" and answer["reply"].startswith("You wrote")
    told = answer["outcome"] == "limit" and "filter" in answer["reply"]
    stops = [c["stop_reason"] for c in record["model_calls"]]
    case(f"{provider}: what is filtered is told", (half or told) and APOLOGY not in answer["reply"]
         and stops == ["filtered"], (answer, record))


def models_command(desk):
    rows = {f"{p}-tool": desk.model(p, "tool") for p in PROVIDERS}
    rows["mute"] = desk.model("bedrock", "text")
    rows["closed"] = desk.model("anthropic", "access")
    rows["keyless"] = "{provider: openai, id: gpt, key: '${NO_SUCH_KEY}'}"
    desk.write(rows, chosen="openai-tool", more="model.fallback: [anthropic-tool, embedded]\n")
    for name in rows:
        done = desk.run("models", "test", name, "--json")
        got = json.loads(done.stdout)
        if name.endswith("-tool"):
            case(f"models test: {name}", done.returncode == 0 and got["ok"] and got["tools"] and
                 got["tool_call_ms"] is not None and got["input_tokens"] > 0, done)
        elif name == "mute":
            case("models test: no tool used", done.returncode == 0 and got["ok"] and
                 not got["tools"] and "without using the tool" in got["warning"], done)
        else:
            case(f"models test: {name}", done.returncode == 1 and not got["ok"] and got["error"],
                 done)
    done = desk.run("models", "test", "--all")
    case("models test --all goes on behind a failure", done.returncode == 1 and
         done.stdout.count("works") >= len(PROVIDERS) and "NO_SUCH_KEY is not set" in done.stderr,
         done)
    case("models test: one that is not there", desk.run("models", "test", "no").returncode == 3)
    case("models test: which?", desk.run("models", "test").returncode == 2)
    listed = {m["name"]: m for m in map(json.loads, desk.run("models", "list", "--json")
                                        .stdout.splitlines())}
    case("models list knows uses and keys",
         listed["openai-tool"]["use"] == "yes" and listed["anthropic-tool"]["use"] == "fallback 1"
         and listed["embedded"]["use"] == "fallback 2" and listed["keyless"]["ready"] is False and
         listed["bedrock-tool"]["key"] == "the environment, us-east-1", listed)
    done = desk.run("doctor")
    case("doctor knows what cannot be asked", "note    model: keyless, not in use" in done.stdout
         and "ok      model: openai-tool can be asked" in done.stdout, done)
    desk.write(rows, chosen="keyless")
    done = desk.run("doctor")
    case("and that it matters where it answers", done.returncode == 1 and
         "problem model: keyless" in done.stdout, done)
    done = desk.run("ask", "hello")
    case("a missing key is told, and the customer kindly", done.returncode != 0 and
         "NO_SUCH_KEY is not set" in done.stderr and APOLOGY in done.stdout, done)


# ---- At a terminal -------------------------------------------------------------------------------


class Screen:
    def __init__(self, socket, name, desk, words):
        self.tmux = ["tmux", "-f", "/dev/null", "-L", socket]
        self.name = name
        variables = [f"{k}={v}" for k, v in desk.env.items()]
        subprocess.run(["env", "-i", *variables, "TERM=screen", *self.tmux, "new-session", "-d",
                        "-s", name, "-x", "110", "-y", "50",
                        f"env TERM=screen {PROGRAM} --desk {desk.path} {words}"], check=True)

    def keys(self, *keys):
        subprocess.run([*self.tmux, "send-keys", "-t", self.name, *keys], check=True)

    def type(self, text):
        self.keys("-l", text)
        self.keys("Enter")

    def text(self):
        done = subprocess.run([*self.tmux, "capture-pane", "-p", "-J", "-S", "-400", "-t",
                               self.name], capture_output=True, text=True, check=False)
        return done.stdout

    def sees(self, words):
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            if words in " ".join(self.text().split()):
                return True
            time.sleep(0.05)
        print(f"#   {self.name} does not see {words!r}:\n{self.text()}", file=sys.stderr)
        return False


def last_conversation(desk):
    listed = desk.run("conversations", "list", "--json", "--limit", "1").stdout
    return json.loads(listed.splitlines()[0])["conversation"]


def record_of(desk):
    return json.loads(desk.run("conversations", "export", last_conversation(desk)).stdout)


def terminal(desk, socket):
    desk.use("anthropic", "slow")
    chat = Screen(socket, "stopped", desk, "chat")
    chat.sees("automated assistant")
    chat.type("tell me a long story")
    good = chat.sees("You wrote: tell me")
    chat.keys("C-c")
    good = chat.sees("stopped") and good
    chat.type("/quit")
    time.sleep(0.3)
    record = record_of(desk)
    case("chat: Ctrl-C stops a stream", good and texts(record, "bot")[1:] == [] and
         [c["outcome"] for c in record["model_calls"]] == ["canceled"], (chat.text(), record))

    desk.use("openai", "cut", fallback="embedded")
    chat = Screen(socket, "anew", desk, "chat")
    chat.sees("automated assistant")
    chat.type("my bulb flickers")
    good = chat.sees("Did that help?")
    shown = " ".join(chat.text().split())
    chat.type("/quit")
    record = record_of(desk)
    said = [t for t in texts(record, "bot") if t]
    case("chat: what broke is withdrawn, one answer is stored",
         good and '{"' not in shown and "warn" not in shown.lower() and
         sum("Did that help?" in t for t in said) == 1 and
         not any("You wrote" in t for t in said), (shown, said))

    desk.write({"m": desk.model("bedrock", "text"), "b": desk.model("openai", "brief")},
               chosen="embedded", more="model.background: b\n")
    desk.run("ask", "--customer", "anna", "my bulb flickers all the time")
    conversation = last_conversation(desk)
    console = Screen(socket, "console", desk, "console --agent Sam")
    console.sees("Nothing waits")
    chat = Screen(socket, "customer", desk, f"chat -c {conversation}")
    chat.type("get me a human please")
    good = chat.sees("Your ticket number is 1") and console.sees("new ticket #1")
    deadline = time.monotonic() + WAIT
    ticket = ""
    while "The customer wants a working lamp" not in ticket and time.monotonic() < deadline:
        ticket = desk.run("tickets", "show", "1").stdout
        time.sleep(0.1)
    console.type("open 1")
    case("console: a hand-over's summary by a model", good and "Summary (b)" in ticket and
         console.sees("The customer wants a working lamp."), ticket)
    chat.type("/quit")
    console.type("quit")


def hidden(desk):
    """No key in what was printed, stored, or sent but where it belongs."""
    seen = list(desk.said)
    for folder, _, names in os.walk(desk.path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                seen.append(f.read().decode("latin-1"))
    with open(desk.mock.log, encoding="utf-8") as f:
        seen.append(f.read())
    for secret in SECRETS:
        case(f"{secret} is nowhere it does not belong", not any(secret in text for text in seen))
    keyed = {"openai": "authorization", "anthropic": "x-api-key"}
    stray = [r["path"] if "path" in r else r for r in desk.mock.requests()
             if sum(h in r["headers"] for h in keyed.values()) > 1]
    case("no request has two keys", not stray, stray)


def with_desk(*parts):
    """PARTS, each a function and what it gets behind the desk, on a desk and a mock of their
    own."""
    folder = tempfile.mkdtemp(prefix="deskhand-models-")
    mock = Mock(folder)
    try:
        desk = Desk(folder, mock)
        for part, *arguments in (*parts, (hidden,)):
            attempt(part, desk, *arguments)
    finally:
        mock.close()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    socket = f"deskhand-models-{os.getpid()}"
    works = [[(answers, p), (failures, p), (limits, p)] for p in PROVIDERS]
    works.append([(models_command,)])
    if shutil.which("tmux"):
        works[-1].append((terminal, socket))
    else:
        print("skip models in tmux: tmux is not installed")
    try:
        # Most of it is waiting.
        with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
            for done in [pool.submit(with_desk, *work) for work in works]:
                done.result()
    finally:
        subprocess.run(["tmux", "-L", socket, "kill-server"], check=False, capture_output=True)
    return 1 if FAILED else 0


def attempt(part, *arguments):
    try:
        part(*arguments)
    except Exception:  # a part that dies is a failed case; the others still run
        case(f"{part.__name__} comes to its end", False, traceback.format_exc())


if __name__ == "__main__":
    sys.exit(main())
