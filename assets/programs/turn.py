"""turn.py: the programs of a lesson take turns, so that every line runs when the lesson runs it.

A turn is a few lines of one program. turn(5) lets the program go on when turns 1 to 4 are over, or asleep in a call before
which may_sleep() stands. The programs tell one another by symbolic links in the directory "turns", each naming a process:
5.begun, 5.sleeps, 5.over. A link takes no descriptor, so a program's first socket is descriptor 3, as it should be.
"""

import contextlib
import errno
import os
import signal
import sys
import time

DEADLINE = 120  # after so many seconds without a turn a program gives up; 0: never
PATIENCE = 0  # a call that waits longer for what the lesson's wire does is interrupted; 0: there is no wire

last = 0  # how many turns the lesson has
now, owner = 0, 0  # the turn that this program has, and the process that has it
limit = 0.0  # when it gives up
performs = False  # its lines, and does not wait for a turn
seen = False  # the directory: when it goes, the lesson has ended


def turns(count, deadline=DEADLINE, patience=PATIENCE):
    """Says how many turns the lesson has."""
    global last, DEADLINE, PATIENCE
    last, DEADLINE, PATIENCE = count, deadline, patience


def tell(state):
    """Tells the others that our turn has begun, may sleep or is over."""
    os.symlink(str(os.getpid()), f"turns/{now}.{state}")  # FileExistsError: does this program run twice?


def told(turn, state):
    """The process that told so; 0 where none did."""
    try:
        return int(os.readlink(f"turns/{turn}.{state}"))
    except OSError:
        return 0


def sleeps(pid):
    """How often a process has fallen asleep so far, if it sleeps now; -1 where it runs, 0 where it has ended."""
    try:
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
    except FileNotFoundError:
        return 0
    except OSError:
        return -1
    state = status["State"].strip()[0]
    if state in "ZX":
        return 0
    return 1 + int(status["voluntary_ctxt_switches"]) if state in "ST" else -1


def at_rest(n):
    """0: every turn before n is over. -1: one has not begun, or runs. Else they sleep, and the number changes when one wakes."""
    total = 0
    for turn in range(n - 1, 0, -1):  # what is waited for is mostly the last one's beginning
        pid = told(turn, "begun")
        slept = 0 if told(turn, "over") else sleeps(pid) if pid else -1
        if slept == -1 or (slept > 0 and not told(turn, "sleeps")):
            return -1
        total += slept
    return total


def wait(n):
    """Waits until every turn before n is over or asleep: in two looks the same sleep."""
    global seen
    rest = -1
    while True:
        before, rest = rest, at_rest(n)
        there = os.path.exists("turns")  # asked once: it may go between two looks
        if seen and not there:
            sys.exit(n <= last)  # 1: before its time
        seen = there
        if rest == 0 or (rest > 0 and rest == before):
            return
        time.sleep(0.005 if rest == -1 else 0.03)


def remove():
    """Removes the directory with all that was told."""
    for turn in range(1, last + 1):
        for state in ("begun", "sleeps", "over"):
            with contextlib.suppress(OSError):
                os.unlink(f"turns/{turn}.{state}")
    with contextlib.suppress(OSError):
        os.rmdir("turns")


def end():
    """Ends the lesson: removes the directory, then wakes whom the lesson leaves asleep."""
    asleep = {told(turn, "begun") for turn in range(1, last + 1) if not told(turn, "over")}
    remove()
    for pid in asleep - {0, os.getpid()}:
        with contextlib.suppress(OSError):
            for _ in range(100):
                if sleeps(pid) == 0:
                    break
                os.kill(pid, signal.SIGALRM)
                time.sleep(0.01)  # again, if it came just before the call fell asleep


def alarm(_number, _frame):
    """Somebody ended the lesson while we slept, the wire is not there, or nothing went on for too long."""
    if not os.path.exists("turns"):
        os._exit(0)
    if PATIENCE > 0 and time.monotonic() < limit:
        signal.alarm(PATIENCE)
        if performs:
            raise InterruptedError(errno.EINTR, "no wire is here to lose or hold packets")
        return
    end()
    print("the lesson did not go on: is every program running?", file=sys.stderr)
    os._exit(1)


def hurry(seconds):
    """Where there is no wire: the alarm comes in so many seconds."""
    if DEADLINE > 0 and PATIENCE > 0:
        signal.alarm(seconds)


def turn(n):
    """What comes next is turn n of the lesson."""
    global now, owner, limit, performs
    performs = False
    if now and owner == os.getpid():
        tell("over")
    if DEADLINE > 0:
        limit = time.monotonic() + DEADLINE
        signal.signal(signal.SIGALRM, alarm)
        signal.alarm(DEADLINE)
    if n == 1:
        remove()  # what an interrupted run may have left
        os.mkdir("turns")
    wait(n)
    now, owner = n, os.getpid()
    if n <= last:
        tell("begun")
        hurry(PATIENCE)
        performs = True


def may_sleep():
    """The next call may sleep: the turns of the other programs go on meanwhile."""
    tell("sleeps")
    hurry(DEADLINE)  # it need not


def over(n):
    """Waits until turn n is over, however long it sleeps."""
    global performs
    performs = False
    asked = time.monotonic()
    while not told(n, "over"):
        pid = told(n, "begun")
        if pid and sleeps(pid) == 0:
            break
        if PATIENCE > 0 and pid and time.monotonic() - asked > PATIENCE:
            asked = time.monotonic()
            os.kill(pid, signal.SIGALRM)  # it waits for the wire
        time.sleep(0.005)
    hurry(PATIENCE)
    performs = True


def finish():
    """No more lines: waits for the end of the lesson, since until then the others may need what this program has open."""
    turn(last + 1)
    end()
