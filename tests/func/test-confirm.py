#!/usr/bin/env python3
"""A tool that cannot be undone, in whole programs: the customer is asked, each answer in a process
of its own, and it runs once for each yes. Then the same where a rule wants an agent. The plugin is
confirm_plugin.c."""
import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.environ["DESKHAND"]
MOCK = os.environ["MOCK_MODEL"]
PLUGIN = os.environ["CONFIRM_PLUGIN"]
QUESTION = ("Please check this before I go on. If you agree, The Lamp Shop will do exactly this:\n"
            "- Cancel order A-1042 and refund it.\nShall I do this? Please answer yes or no.")
passed = failed = 0


def case(name, fits, seen=""):
    global passed, failed
    print(("ok " if fits else "not ok ") + name)
    if fits:
        passed += 1
    else:
        failed += 1
        print("".join(f"#   {line}\n" for line in str(seen).splitlines()), end="", file=sys.stderr)


class Desk:
    def __init__(self, home, port, **more):
        self.home = home
        self.journal = os.path.join(home, "journal")
        os.makedirs(home, exist_ok=True)
        self.run("init", home, "--name", "The Lamp Shop")
        desk = {"desk": {"name": "The Lamp Shop"}, "model": "mock", "models": {"mock": {
            "provider": "openai", "id": "mock.tool", "base_url": f"http://127.0.0.1:{port}/v1",
            "key": "${MOCK_KEY}"}}, "plugins": [{"path": PLUGIN, "isolation": "worker",
                                                 "config": {"journal": self.journal}}], **more}
        path = os.path.join(home, "desk.yaml")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(desk, f)
        os.chmod(path, 0o600)

    def run(self, *args, says=None):
        env = {k: v for k, v in os.environ.items() if not k.startswith("DESKHAND")}
        env.update(HOME=self.home, MOCK_KEY="not-a-secret", DESKHAND_AGENT="Sam")
        if args[0] != "init":
            args = ("--desk", self.home, *args)
        return subprocess.run([PROGRAM, *args], env=env, capture_output=True, text=True,
                              timeout=60, check=False, input=says or "")

    def ask(self, text, conversation=None):
        more = ["-c", conversation] if conversation else []
        done = self.run("ask", "--json", *more, text)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {"reply": done.stdout + done.stderr}

    def cancelled(self):
        if not os.path.exists(self.journal):
            return 0
        with open(self.journal, encoding="utf-8") as f:
            return len(f.readlines())


def check_customer(home, port):
    desk = Desk(os.path.join(home, "customer"), port)
    first = desk.ask("Please cancel my order A-1042.")
    case("the customer is asked, in the desk's words", first.get("reply") == QUESTION, first)
    case("and nothing was done", desk.cancelled() == 0)
    conversation = first.get("conversation", "-")
    case("the record has no unknown outcome", [(t["name"], t["ok"]) for t in first.get("tools", [])]
         == [("cancel_order", False)], first)
    second = desk.ask("Hm, what does that cost?", conversation)
    case("what is no answer is asked again", second.get("reply") == QUESTION and
         desk.cancelled() == 0, second)
    third = desk.ask("Yes please, cancel it!", conversation)
    case("a yes runs it, in another process", third.get("outcome") == "answered" and
         third.get("reply") != QUESTION and desk.cancelled() == 1, third)
    again = desk.ask("Please cancel my order A-1042.", conversation)
    case("the next time it is asked again", again.get("reply") == QUESTION and
         desk.cancelled() == 1, again)
    no = desk.ask("no", conversation)
    case("a no runs nothing", desk.cancelled() == 1, no)
    shown = desk.run("conversations", "show", conversation).stdout
    case("the question is on record", "Shall I do this?" in shown, shown)


def check_chat(home, port):
    desk = Desk(os.path.join(home, "chat"), port)
    done = desk.run("chat", says="Please cancel my order A-1042.\nyes\n")
    case("a chat asks", "Shall I do this? Please answer yes or no." in done.stdout,
         done.stdout + done.stderr)
    case("and goes on with the answer", desk.cancelled() == 1, done.stdout + done.stderr)


def check_agent(home, port):
    desk = Desk(os.path.join(home, "agent"), port, policy={"cancel_order": {"approval": "agent"}})
    first = desk.ask("Please cancel my order A-1042.")
    conversation = first.get("conversation", "-")
    case("where a rule wants an agent, the turn hands over",
         first.get("outcome") == "handed_over" and first.get("ticket") == "1", first)
    shown = desk.run("tickets", "show", "1").stdout
    case("the ticket says what for",
         "approval wanted: Cancel order A-1042 and refund it." in shown, shown)
    done = desk.run("tickets", "approve", "1")
    case("an agent agrees", done.returncode == 0, done.stdout + done.stderr)
    desk.run("tickets", "claim", "1")
    desk.run("tickets", "return", "1")
    shown = desk.run("conversations", "show", conversation).stdout
    case("the customer is told so", "A colleague at The Lamp Shop has looked into it. They have "
         "agreed to this: Cancel order A-1042 and refund it. Write to me" in
         " ".join(shown.split()), shown)
    second = desk.ask("And, is it done?", conversation)
    case("and the bot does it when the customer is there", second.get("outcome") == "answered" and
         desk.cancelled() == 1, second)
    late = desk.run("tickets", "decline", "1")
    case("too late to take it back, and since when", late.returncode == 4 and
         ", and it was used at 20" in late.stderr, late)
    third = desk.ask("Once more, please.", conversation)
    case("once", third.get("outcome") == "handed_over" and desk.cancelled() == 1, third)


def check_rules(home, port):
    desk = Desk(os.path.join(home, "dry"), port,
                policy={"cancel_order": {"enabled": False}})
    first = desk.ask("Please cancel my order A-1042.")
    case("a tool that is off is not asked about", first.get("reply") != QUESTION and
         desk.cancelled() == 0, first)
    os.makedirs(os.path.join(desk.home, "prompts"), exist_ok=True)
    with open(os.path.join(desk.home, "prompts", "confirm.mustache"), "w", encoding="utf-8") as f:
        f.write('{{! confirm: asks.\n    actions "it" what }}\nShall I? Yes or no?\n')
    done = desk.run("ask", "Hello")
    case("a question that shows nothing of its matter is refused at the start",
         done.returncode == 1 and "{{actions}}" in done.stderr, done)


def main():
    mock = subprocess.Popen([MOCK], stdout=subprocess.PIPE, text=True)
    try:
        port = int(mock.stdout.readline().rsplit(":", 1)[1])
        with tempfile.TemporaryDirectory(prefix="deskhand-confirm-") as home:
            for check in (check_customer, check_chat, check_agent, check_rules):
                check(home, port)
    finally:
        mock.terminate()
        mock.wait()
    print(f"# test-confirm.py: {passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


main()
