#!/usr/bin/env python3
"""What is left of a password in a process that is about to end.

    remains.py PASSWORD PROGRAM WORD... <stdin

PASSWORD is what to look for, or `-` for what the program itself prints: alone, or as the `password` of a JSON document.

Runs the program to the point of its exit, where its memory is whole, and looks through all that it may write to: static
data, heap, stacks, anything mapped. Each copy of PASSWORD, of its half, or of it in base64 is told on a line of its own:
where, at which address, and some bytes around it: on stderr, after `remains: `. The last line is `status N`.

Needs root, since the program shuts its memory to others.
"""

import base64
import ctypes
import os
import re
import signal
import sys

TRACEME, CONT, SETOPTIONS = 0, 7, 0x4200
EXITKILL, TRACEEXIT = 0x100000, 0x40
EVENT_EXIT = 6

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, data=0):
    if libc.ptrace(request, pid, None, data) < 0:
        sys.exit(f"ptrace {request}: {os.strerror(ctypes.get_errno())}")


def forms(password):
    half = len(password) // 2
    yield "password", password
    yield "first half", password[:half]
    yield "second half", password[half:]
    # In base64 it begins at one of three places of a group; what its first and last groups share with others is cut off.
    for before in range(3):
        text = base64.b64encode(b"\0" * before + password)
        yield "base64", text[4 if before else 0 : len(text) - 4]
    yield "UTF-16", password.decode("latin-1").encode("utf-16-le")


def remains(pid, password):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            words = line.split(maxsplit=5)
            if "w" not in words[1]:
                continue
            start, end = (int(number, 16) for number in words[0].split("-"))
            name = words[5].strip() if len(words) > 5 else "anonymous"
            memory.seek(start)
            content = memory.read(end - start)
            for form, text in forms(password):
                for found in re.finditer(re.escape(text), content):
                    at = found.start()
                    around = content[max(at - 24, 0) : at + len(text) + 24]
                    yield f"remains: {form} in {name} at {start + at:x}: {around!r}"


def main():
    password, program = sys.argv[1].encode(), sys.argv[2:]
    printed, out = os.pipe() if password == b"-" else (None, None)
    child = os.fork()
    if child == 0:
        if out is not None:
            os.dup2(out, 1)
        ptrace(TRACEME, 0)
        os.execv(program[0], program)
    os.waitpid(child, 0)
    ptrace(SETOPTIONS, child, EXITKILL | TRACEEXIT)
    ptrace(CONT, child)
    while True:
        pid, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            print(f"status {os.waitstatus_to_exitcode(status)}", file=sys.stderr)
            return
        if status >> 8 == signal.SIGTRAP | EVENT_EXIT << 8:
            if printed is not None:
                # All of it is in the pipe by now.
                text = os.read(printed, 65536)
                password = re.search(rb'"password": "([^"]+)"|^(\w+)$', text).expand(rb"\1\2")
                sys.stdout.buffer.write(text)
                printed = None
            for line in remains(pid, password):
                print(line, file=sys.stderr)
            ptrace(CONT, pid)
        else:
            ptrace(CONT, pid, os.WSTOPSIG(status))


main()
