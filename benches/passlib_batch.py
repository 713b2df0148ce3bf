"""passlib's HtpasswdFile in the place of `why401 test --batch`: passlib_batch.py FILE CSV

Reads the user file once, checks each row of the CSV, and writes a line for each, with what passlib knows: user and answer.
"""

import csv
import sys

from passlib.apache import HtpasswdFile

ANSWERS = {True: "true", False: "false", None: "null"}

file = HtpasswdFile(sys.argv[1])
write = sys.stdout.write
with open(sys.argv[2], newline="") as text:
    rows = csv.reader(text)
    next(rows)
    for user, password in rows:
        answer = ANSWERS[file.check_password(user, password)]
        write(f'{{"user":"{user}","answer":{answer}}}\n')
