#!/usr/bin/env python3
"""Writes open.tsv: what Python and Node say of files that can't be opened or read, each made for the purpose.

Run as root (one file must not be readable), with `node` in the path.
"""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile

NODE = "try{process.setuid(65534);require('fs').readFileSync(process.argv[1])}catch(e){console.log(String(e))}"


def python(path):
    """The exception of open and read, as an unprivileged user; `None` where there is none."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setuid(65534)
        try:
            with open(path, "rb") as file:
                file.read()
            text = ""
        except OSError as error:
            text = f"{error.errno}\t{os.strerror(error.errno)}\t{type(error).__name__}\t{error}"
        os.write(writer, text.encode())
        os._exit(0)
    os.wait()
    os.close(writer)
    return os.read(reader, 10000).decode()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        file = folder / "file"
        file.write_bytes(b"x")
        (folder / "closed").write_bytes(b"x")
        (folder / "closed").chmod(0)
        (folder / "folder").mkdir()
        (folder / "loop").symlink_to("loop")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "socket"))
        paths = {
            "missing": folder / "missing",
            "permission-denied": folder / "closed",
            "not-a-directory": file / "below",
            "directory": folder / "folder",
            "symlink-loop": folder / "loop",
            "name-too-long": folder / ("x" * 300),
            "socket": folder / "socket",
        }
        version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
        rows = [
            f"# program: Python {sys.version.split()[0]}, Node {version}",
            "# what\terrno\tstrerror(3)\tPython's class and text\tNode's text",
        ]
        for what, path in paths.items():
            said = python(path)
            node = subprocess.run(["node", "-e", NODE, path], check=True, capture_output=True, text=True).stdout.strip()
            rows.append("\t".join([what, said, node]).replace(str(path), "FILE"))
        target = pathlib.Path(__file__).with_name("open.tsv")
        target.write_text("\n".join(rows) + "\n")


main()
