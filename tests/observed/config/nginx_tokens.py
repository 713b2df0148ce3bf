#!/usr/bin/env python3
"""Writes crossplane@0.5.8.jsonl: configurations for nginx, as they were recorded and with random changes, and the tokens that
crossplane (PyPI) makes of them. Run with a Python that has `crossplane==0.5.8`.

Left out is what crossplane is known to read otherwise than nginx: a `}` within a word, a word's end after `${x}`, the line of a
word that begins with an escaped line end, and what it can't read to the end.
"""
import json, os, random, re, tempfile
import crossplane
from crossplane.lexer import lex

HERE = os.path.dirname(os.path.abspath(__file__))
PIECES = ['"', "'", "\\", "\\n", '\\"', "${x}y", "$", "#", "# c\n", " ", "\t", "\n", "\r\n", ";", "{", " }", "a", "~", "(", ")", '"a b"', "'a;b' ", "\\\\"]


def tokens(text):
    with tempfile.NamedTemporaryFile("w", newline="", suffix=".conf") as file:
        file.write(text)
        file.flush()
        return [list(token) for token in lex(file.name)]


def main():
    rng = random.Random(401)
    with open(os.path.join(HERE, "nginx@1.22.1.jsonl")) as file:
        texts = [row["http"] + "\n" for row in map(json.loads, file) if "http" in row]
    rows = []
    for number in range(1500):
        text = rng.choice(texts)
        if number >= 60:
            start = rng.randrange(len(text))
            text = text[start:start + rng.randrange(20, 160)]
            for _ in range(rng.randrange(4)):
                at = rng.randrange(len(text) + 1)
                text = text[:at] + rng.choice(PIECES) + text[at:]
            text += "\n"
        if re.search(r"[^\s;{}]\}", text.replace("${x}y", "")) or re.search(r"\$\{[^}]*\}[\s;{}\"']", text) or "\\\n" in text or "\\\r" in text or "_by_lua" in text or not text.isascii():
            continue
        try:
            rows.append({"text": text, "tokens": tokens(text)})
        except Exception:
            continue
    with open(os.path.join(HERE, f"crossplane@{crossplane.__version__}.jsonl"), "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    print(len(rows), sum(len(row["tokens"]) for row in rows))


main()
