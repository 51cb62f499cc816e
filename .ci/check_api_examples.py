"""Runs the examples of docs/api.md from top to bottom, as a reader would, and holds each answer against the one printed there.

usage: check_api_examples.py DOCUMENT PORT

All shell blocks run in one shell, on PORT instead of 8080. A JSON block tells the answer of the shell block before it: the same fields
of the same kinds, and the same value where a field is no time, name, code, hash or token. A picture that the examples fetch is read
back by a decoder that is not ours.
"""

import json
import re
import subprocess
import sys

import zxingcpp
from PIL import Image

# Different on every run.
CHANGES = {"token", "pass", "code", "spoken", "proposal", "hash", "detail"}
END = "---end-of-answer---"


def same(told, got, where="answer"):
    """Whether an answer has the form of the one told."""
    assert type(told) is type(got), f"{where} is {got!r}, not like {told!r}"
    if isinstance(told, dict):
        assert told.keys() == got.keys(), f"{where} has the fields {list(got)}, not {list(told)}"
        for key in told:
            if key not in CHANGES and not key.endswith("_s"):
                same(told[key], got[key], f"{where}.{key}")
    elif isinstance(told, list):
        assert len(told) == len(got), f"{where} has {len(got)} members, not {len(told)}"
        for index, (one, other) in enumerate(zip(told, got)):
            if isinstance(one, dict):
                same(one, other, f"{where}[{index}]")
    else:
        assert told == got, f"{where} is {got!r}, not {told!r}"


def examples(document):
    """Shell blocks, each with the JSON blocks that follow it before the next."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", document, re.S | re.M)
    found = []
    for language, text in blocks:
        if language == "sh":
            found.append((text, []))
        elif language == "json" and found:
            found[-1][1].append(text)
    return found


def main():
    path, port = sys.argv[1:]
    with open(path) as file:
        # The problem documents that are explained at the end belong to no example.
        document = file.read().split("\n## Problems")[0]
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    checked = 0
    try:
        for script, told in examples(document):
            script = script.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace("lockgate serve", f"lockgate serve --listen 127.0.0.1:{port}")
            # The server's own output is none of the answer.
            script = re.sub(r"^(lockgate serve .*) &$", r"\1 >server.log 2>&1 &", script, flags=re.M)
            print(script, f"\necho; echo '{END}'", sep="", file=shell.stdin, flush=True)
            answer = ""
            while END not in (line := shell.stdout.readline()):
                assert line, f"the shell ended in\n{script}"
                answer += line
            if told:
                try:
                    same(json.loads(told[0]), json.loads(answer))
                except (AssertionError, json.JSONDecodeError) as error:
                    sys.exit(f"{path}: {error}\nin the example\n{script}\nanswer: {answer}")
                checked += 1
    finally:
        # The server of the examples ends with them, whatever was found.
        print("kill %1; wait", file=shell.stdin, flush=True)
        shell.stdin.close()
        shell.wait()
    read = zxingcpp.read_barcode(Image.open("pass.png"))
    assert read and re.fullmatch("[0-9A-Z]{28}", read.text), f"pass.png reads as {read and read.text!r}"
    assert checked > 15, f"only {checked} answers were found in {path}"
    print(f"{checked} answers are as {path} tells them; the picture reads as {read.text}")


main()
