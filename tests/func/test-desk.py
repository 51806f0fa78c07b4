#!/usr/bin/env python3
"""A customer and two agents at their terminals, in tmux, through a whole case.

Hand-over, claim race, reply, the customer's answer, a note, the return with a note, a second
hand-over for a new reason, resolution, rating; then calls that wait for an agent. Screens are
read as a person reads them: what must be on which of them, and within a second or two.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ["DESKHAND"]
WAIT = 20 if os.environ.get("CI") else 10


class Screen:
    """One terminal with one program in it."""

    def __init__(self, socket, name, command):
        self.tmux = ["tmux", "-f", "/dev/null", "-L", socket]
        self.name = name
        subprocess.run(self.tmux + ["new-session", "-d", "-s", name, "-x", "110", "-y", "50",
                                    "env TERM=screen " + command], check=True)

    def type(self, text):
        subprocess.run(self.tmux + ["send-keys", "-t", self.name, "-l", text], check=True)
        subprocess.run(self.tmux + ["send-keys", "-t", self.name, "Enter"], check=True)

    def text(self):
        done = subprocess.run(self.tmux + ["capture-pane", "-p", "-J", "-S", "-400", "-t",
                                           self.name],
                              capture_output=True, text=True, check=False)
        return done.stdout

    def sees(self, words, count=1):
        """Wait until WORDS stand on the screen COUNT times; line breaks are spaces."""
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            if " ".join(self.text().split()).count(words) >= count:
                return
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not see {words!r}:\n{self.text()}")


def case(name):
    print(f"ok {name}", flush=True)


def live_through(socket, desk):
    deskhand = f"{PROGRAM} --desk {desk}"
    customer = Screen(socket, "customer", f"{deskhand} chat --customer anna")
    sam = Screen(socket, "sam", f"{deskhand} console --agent Sam")
    ada = Screen(socket, "ada", f"{deskhand} console --agent Ada")
    customer.sees("automated assistant")
    sam.sees("Nothing waits for a human")
    ada.sees("Nothing waits for a human")
    case("three terminals are ready")

    customer.type("my bulb flickers all the time")
    customer.sees("Did that help?")
    customer.type("get me a human please")
    customer.sees("Your ticket number is 1")
    sam.sees("new ticket #1")
    ada.sees("new ticket #1")
    case("a hand-over reaches both agents")

    sam.type("open 1")
    sam.sees("my bulb flickers all the time")
    sam.type("claim")
    sam.sees("Ticket 1 is yours")
    ada.type("claim 1")
    ada.sees("Sam has it")
    case("of two agents one gets it, the other is told who")

    sam.type("reply Hello, I am Sam. Which bulb is it?")
    customer.sees("Sam: Hello, I am Sam. Which bulb is it?")
    case("the customer sees the agent's words, named")
    customer.type("the Lumen in the kitchen")
    customer.sees("passed on to our team")
    sam.sees("#1 customer: the Lumen in the kitchen")
    case("the agent sees the customer's")

    sam.type("note checked the warehouse, two left")
    sam.sees("Noted")
    sam.type("return a new bulb is on its way")
    sam.sees("The bot has it again")
    customer.type("thanks a lot")
    customer.sees("you> thanks a lot")
    if "warehouse" in customer.text() or "Note from" in customer.text():
        raise AssertionError("the customer sees what is for colleagues")
    case("returned to the bot, notes stay inside")

    customer.type("I want to talk to a human about my invoice")
    customer.sees("Your ticket number is 2")
    ada.sees("new ticket #2")
    ada.type("open 2")
    ada.sees("Ticket 2")
    ada.type("claim")
    ada.sees("Ticket 2 is yours")
    ada.type("reply The invoice is in your mail.")
    customer.sees("Ada: The invoice is in your mail.")
    ada.type("resolve sent again")
    ada.sees("Ticket 2 is resolved")
    case("a second hand-over, for a new reason, is resolved")

    customer.type("/rate 5 quick and kind")
    customer.sees("your rating is recorded")
    sam.type("stats")
    sam.sees("0 open, 0 claimed (0 yours), 0 waiting for the customer, 2 resolved")
    case("rated and counted")

    sam.type("quee")
    sam.sees("did you mean queue?")
    sam.type("open 99")
    sam.sees("ticket 99: there is none")
    sam.type("find kitchen")
    sam.sees("(1 conversation)")
    case("mistakes are told kindly")

    words = [PROGRAM, "--desk", desk, "report", "involvement", "escalation", "csat"]
    report = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    for line in ("1 of 1", "csat", "100.0 %"):
        if line not in report:
            raise AssertionError(f"the report has no {line!r}:\n{report}")
    case("the report has the case in it")
    for screen in (customer, sam, ada):
        screen.type("/quit" if screen is customer else "quit")


def decide(socket, scratch):
    """Calls that wait until an agent agrees, at the console."""
    desk = f"{scratch}/approvals"
    subprocess.run([PROGRAM, "init", desk], check=True, capture_output=True)
    subprocess.run([os.environ["DESKHAND_MAKE_DESK"], desk], check=True, capture_output=True)
    made = subprocess.run([os.environ["DESKHAND_MAKE_APPROVALS"], desk], check=True,
                          capture_output=True, text=True).stdout
    ids = dict(line.split() for line in made.splitlines())
    kim = Screen(socket, "kim", f"{PROGRAM} --desk {desk} console --agent Kim")
    kim.sees("Hello Kim")
    kim.type("approve")
    kim.sees("which ticket? open one first")
    kim.type("open 1")
    kim.sees("! waits for an agent, asked 12m ago")
    kim.sees('refund: Refund order A-1042, 24.90 EUR {"order":"A-1042","amount":24.9}')
    kim.sees("`approve` lets the bot do it, `decline` does not")
    case("what waits is seen, with its arguments")
    anna = Screen(socket, "anna", f"{PROGRAM} --desk {desk} chat -c {ids['one_in']}")
    anna.sees("/help for commands")
    kim.type("claim")
    kim.sees("Ticket 1 is yours")
    kim.type("approve a good customer")
    kim.sees("Approved: Refund order A-1042, 24.90 EUR")
    kim.sees("`return` gives it the conversation back and tells the customer")
    kim.type("approve")
    kim.sees("no approval waits for an agent here")
    kim.sees("until then, `decline` takes it back")
    kim.type("note")
    kim.type(".")
    kim.sees("(nothing was sent)")
    kim.type("return")
    kim.sees("What is the bot to know? It may be nothing.")
    subprocess.run(kim.tmux + ["send-keys", "-t", "kim", "C-c"], check=True)
    time.sleep(0.5)
    kim.type("return")
    kim.type(".")
    kim.sees("The bot has it again")
    anna.sees("They have agreed to this: Refund order A-1042, 24.90 EUR. Write to me, and I will")
    case("the customer is told at once, without a word of theirs")
    anna.type("/human")
    anna.sees("Your ticket number is")
    anna.type("one more thing")
    time.sleep(1)
    assert anna.text().count("Your ticket number is") == 1, anna.text()
    case("a hand-over of one's own is shown once")
    case("a ticket goes back to the bot with no word for it, too")
    kim.type("open 1")
    kim.sees("approved by Kim, asked 12m ago, 23h left")
    kim.sees("They add: a good customer. If the customer still wants it, call refund")
    kim.sees("They have agreed to this: Refund order A-1042, 24.90 EUR. Write to me")
    case("approved, once, and the bot is told")
    kim.type("open 2")
    kim.sees("`approve ID` lets the bot do it")
    kim.type("decline")
    kim.sees(f"2 approvals wait here: name one, `decline ID` {ids['two']} refund: Refund order")
    # Tab completes what waits here: one of the two, and both begin alike.
    kim.type(f"decline {ids['two']} not without a receipt")
    kim.sees("Declined: Refund order A-1043")
    subprocess.run(kim.tmux + ["send-keys", "-t", "kim", "-l", "approve a-\t"], check=True)
    kim.sees(f"approve {ids['three']}")
    kim.type("")
    kim.sees("Approved: Cancel order A-1044")
    case("of several one is named, and completed")
    kim.type("quit")


def main():
    if not shutil.which("tmux"):
        print("skip desk in tmux: tmux is not installed")
        return 0
    scratch = tempfile.mkdtemp()
    socket = f"deskhand-test-{os.getpid()}"
    try:
        subprocess.run([PROGRAM, "init", f"{scratch}/desk", "--sample"], check=True,
                       capture_output=True)
        live_through(socket, f"{scratch}/desk")
        decide(socket, scratch)
    except AssertionError as e:
        print(f"not ok the desk in tmux: {e}")
        return 1
    finally:
        subprocess.run(["tmux", "-L", socket, "kill-server"], check=False, capture_output=True)
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
