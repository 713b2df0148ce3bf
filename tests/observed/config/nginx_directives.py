#!/usr/bin/env python3
"""Writes src/conf/nginx/refusal/*.tsv from what nginx itself refuses: nginx_directives.py FOLDER_OF_MODULES FOLDER_OF_SOURCE

The words in the program, in each module and in the source of a later nginx (1.31.5) are tried as directives by `nginx -t`: where one may stand, with how many arguments, whether
it takes a block, whether twice, whether its arguments are `on` or `off` and whether they take variables. Nothing is started. Modules
are those of Debian's packages libnginx-mod-*; libraries they miss are taken from LD_LIBRARY_PATH. later.tsv is what the tables of that
source say of its own directives.
"""
import concurrent.futures, os, re, subprocess, sys, tempfile, threading

OUT = os.path.join(os.path.dirname(__file__), "..", "..", "..", "src", "conf", "nginx", "refusal")
NGINX = "/usr/sbin/nginx"
# A letter for each context and what stands around it.
CONTEXTS = {
    "m": "@\nevents {}", "e": "events { @ }", "h": "events {} http { @ }", "s": "events {} http { server { @ } }",
    "i": "events {} http { server { if ($host) { @ } } }", "l": "events {} http { server { location / { @ } } }",
    "j": "events {} http { server { location / { if ($host) { @ } } } }",
    "x": "events {} http { server { location / { limit_except GET { @ } } } }",
    "u": "events {} http { upstream uu { @ } }",
}
VALUES = ["on", "off", "1", "10", "x", "/x", "10s", "1k", "all", "any", "$host", "http://127.0.0.1:1", "127.0.0.1:1", "0.5", "2 4k",
          "GET", "epoll", "TLSv1.2", "$xx"]
DIRECTIVES = """# Directives of nginx 1.22.1 and Debian's modules (Debian 12), written by tests/observed/config/nginx_directives.py: name,
# module file (empty: the program), where (m: main, e: events, h: http, s: server, i: if in it, l: location, j: if in it, x: limit_except,
# u: upstream; none for those of mail, stream and other blocks), numbers of arguments (9: and more), and signs
# (b: takes a block, d: may not stand twice, f: on or off, v: its arguments take variables).
"""
LATER = """# Directives of nginx 1.31.5, written by tests/observed/config/nginx_directives.py from its source: name, where, numbers of arguments.
"""
VARIABLES = """# Variables of nginx 1.22.1 and Debian's modules (Debian 12), written by tests/observed/config/nginx_directives.py: name, module file
# (empty: the program).
"""
local = threading.local()


def words(path):
    """What a program has as texts. One text may be the end of another."""
    data = open(path, "rb").read()
    found = {word.decode() for word in re.findall(rb"(?:(?<=\0)|(?<=[^a-z0-9_]))[a-z][a-z0-9_]*(?=\0)", data)}
    return found | {word[at.end():] for word in found for at in re.finditer("_", word) if word[at.end():at.end() + 1].isalpha()}


def source(folder):
    """The texts of a source, and the rows of its tables of commands."""
    found, rows = set(), {}
    letters = {"MAIN": "m", "EVENT": "e", "HTTP_MAIN": "h", "HTTP_SRV": "s", "HTTP_SIF": "i", "HTTP_LOC": "l", "HTTP_LIF": "j",
               "HTTP_LMT": "x", "HTTP_UPS": "u"}
    some = {"NOARGS": "0", "FLAG": "1", "1MORE": "123456789", "2MORE": "23456789", "ANY": "0123456789"}
    for top, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".c"):
                continue
            text = open(os.path.join(top, name), errors="replace").read()
            found |= set(re.findall(r'ngx_string\("([a-z][a-z0-9_]*)"\)', text))
            for word, mask in re.findall(r'\{ *ngx_string\("(\w+)"\),\s*((?:NGX_\w+[\s|]*)+),', text):
                parts = [part[4:].removesuffix("_CONF") for part in re.findall(r"NGX_\w+", mask)]
                counts = set("".join(some.get(part[5:], part[5:] if part[5:].isdigit() else "") if part.startswith("CONF_") else ""
                                     for part in parts))
                counts |= set("".join(part[9:] for part in parts if re.fullmatch(r"CONF_TAKE\d+", part)))
                where = set("".join(letters.get(part, "") for part in parts))
                where |= set(CONTEXTS) if "ANY" in parts else {"m"} if "DIRECT" in parts else set()
                if where:
                    row = rows.setdefault(word, [set(), set()])
                    row[0] |= where
                    row[1] |= counts
    return found, [[word, "".join(sorted(where)), "".join(sorted(counts))] for word, (where, counts) in rows.items()]


def ask(load, context, text):
    """What nginx says: the emergency, or nothing where it takes it."""
    if not hasattr(local, "folder"):
        local.folder = tempfile.mkdtemp()
    config = os.path.join(local.folder, "c")
    with open(config, "w") as file:
        file.write(load + CONTEXTS[context].replace("@", "\n" + text + "\n"))
    command = [NGINX, "-t", "-q", "-p", local.folder, "-e", "/dev/null", "-c", config, "-g", ""]
    said = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30)
    found = re.search(r"\[emerg\] (.*)", said.stderr)
    return re.sub(r" in /\S+:\d+$", "", found[1]) if found else ("" if said.returncode == 0 else said.stderr or "?")


def directive(load, module, name):
    where, counts, signs = "", set(), set()
    first = ask(load, "m", name + ";")
    if first.startswith(("unknown directive", "unexpected")):
        return None
    for context in CONTEXTS:
        said = first if context == "m" else ask(load, context, name + ";")
        if said == f'"{name}" directive is not allowed here' or said.startswith("unknown directive"):
            continue
        where += context
        if said == f'directive "{name}" has no opening "{{"':
            signs.add("b")
    if not where:
        return [name, module, "", "", ""]
    context = next(one for one in "lshjxiume" if one in where)
    end = " {}" if "b" in signs else ";"
    for count in range(10):
        said = ask(load, context, " ".join([name] + [f"zz{at}" for at in range(count)]) + end)
        if said != f'invalid number of arguments in "{name}" directive':
            counts.add(count)
        if count == 1 and "it must be \"on\" or \"off\"" in said:
            signs.add("f")
    for count in sorted(counts)[:2 + (0 in counts)]:
        for value in VALUES if count else VALUES[:1]:
            text = name + " " + " ".join([value] * count) + end
            if ask(load, context, text) == "":
                if "is duplicate" in ask(load, context, text + "\n" + text):
                    signs.add("d")
                if count and ask(load, context, name + " " + " ".join([value] * (count - 1) + ["$zz"]) + end) == 'unknown "zz" variable':
                    signs.add("v")
                break
    return [name, module, where, "".join(map(str, sorted(counts))), "".join(sorted(signs))]


def main():
    folder = os.path.abspath(sys.argv[1])
    files = sorted(name for name in os.listdir(folder) if name.endswith(".so"))
    base = {"set_misc": "ndk_http_module.so", "stream_": "ngx_stream_module.so", "http_lua": "ndk_http_module.so"}
    known, variables = {}, {}
    texts, later = source(sys.argv[2])
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for file in [""] + files:
            needs = [need for part, need in base.items() if part in file and need != file and not file.startswith("ngx_stream_module")]
            load = "".join(f"load_module {folder}/{one};\n" for one in needs + [file] if one)
            if "dlopen" in ask(load, "h", ""):
                print("not loaded:", file, ask(load, "h", ""), file=sys.stderr)
                continue
            names = sorted(words(os.path.join(folder, file)) if file else words(NGINX) | texts)
            for row in pool.map(lambda name: directive(load, file, name), [name for name in names if name not in known]):
                if row:
                    known[row[0]] = row
            unknown = 'unknown "{}" variable'
            if ask(load, "l", 'return 200 "${zz}";') == unknown.format("zz"):
                names = [name for name in names if name not in variables]
                for name, said in zip(names, pool.map(lambda name: ask(load, "l", f'return 200 "${{{name}}}";'), names)):
                    if said != unknown.format(name):
                        variables[name] = [name, file]
            print(file or "nginx", len(known), len(variables), file=sys.stderr)
    prefixed = re.compile(r"(http|sent_http|sent_trailer|upstream_http|upstream_trailer|upstream_cookie|cookie|arg)_")
    plain = [row for row in variables.values() if not prefixed.match(row[0])]
    for path, head, rows in (("directives", DIRECTIVES, known.values()), ("variables", VARIABLES, plain), ("later", LATER, later)):
        with open(os.path.join(OUT, path + ".tsv"), "w") as file:
            file.write(head + "".join("\t".join(row) + "\n" for row in sorted(rows, key=lambda row: (row[1] if len(row) != 3 else "", row[0]))))


main()
