# SPDX-License-Identifier: BSD-2-Clause
"""seven explain as people use it: every topic in both languages at three widths, what it says to bad input, its pages,
its captures, and whether the commands it proposes work. Arguments: the program; "few" (it is a slow one, built with
sanitizers): each topic at one width in each language. Virtual time throughout."""

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unicodedata

SEVEN = sys.argv[1]
FEW = "few" in sys.argv[2:]
passed, failures = 0, []


def check(what, good, more=""):
    global passed
    if good:
        passed += 1
    else:
        failures.append(what)
        print("FAILED %s %s" % (what, more))


def run(*words, locale="C.UTF-8", **more):
    env = dict(os.environ, LC_ALL=locale, **more)
    for name in ("LANG", "LC_MESSAGES", "LANGUAGE", "NO_COLOR"):
        env.pop(name, None)
    r = subprocess.run([SEVEN, "explain", *words], capture_output=True, env=env, timeout=120, check=False)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def width(text):
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def all_fit(text, columns):
    for line in text.splitlines():
        if width(line) > columns:
            return line
    return ""


def listed():
    code, out, _ = run("-j")
    topics = [json.loads(line) for line in out.splitlines()]
    check("the list for programs", code == 0 and topics and all(t["schema"] == 1 for t in topics))
    check("titles in both languages", all(t["title"]["en"] and t["title"]["zh"] for t in topics))
    for lang in ("en", "zh"):
        code, out, _ = run("--lang", lang)
        check("the list in " + lang, code == 0 and all(t["title"][lang] in out for t in topics))
        for columns in (80, 120):
            check("the list's width", not all_fit(run("--lang", lang, "--columns", str(columns))[1], columns))
    groups = [t["group"] for t in topics]
    check("one heading for each group", len(set(groups)) == sum(a != b for a, b in zip(groups, groups[1:])) + 1)
    return [t for t in topics if "needs" not in t], [t for t in topics if "needs" in t]


def told(topic):
    name = topic["name"]
    smaller = ["--seed", "7"] if topic["smaller"] else []  # what is told once is large
    slow = FEW or bool(smaller)
    for lang, widths in (("en", (80, 40, 120)), ("zh", (40, 80, 120))):
        for columns in widths[:1] if slow else widths:  # what computes for long is laid out once in each language
            code, out, err = run(name, "--lang", lang, "--columns", str(columns), *smaller)
            check("%s %s %d: status" % (name, lang, columns), code == 0 and not err, err)
            wide = [w for w in out.split() if width(w) > columns]
            line = all_fit(out, columns)
            check("%s %s %d: width" % (name, lang, columns), not line or (columns < 80 and wide), line)
        check("%s %s: a row is decisive" % (name, lang), "* " in out)
        check("%s %s: no place left open" % (name, lang), "{" not in out, out[out.find("{") :][:40])
    tried = {}
    for lang in ("en", "zh"):
        if FEW and lang == "zh":
            break
        code, out, _ = run(name, "-j", "--lang", lang, *smaller)
        objects = [json.loads(line) for line in out.splitlines()]
        heads = [o for o in objects if o["kind"] == "experiment"]
        check(name + " for programs", code == 0 and heads and all(h["passed"] for h in heads))
        check(name + " rows for programs", len(objects) > len(heads))
        command = objects[0]["try"]
        check("%s: its command is of Seven: %s" % (name, command), command.startswith("seven "))
        words = tuple(shlex.split(command)[1:])
        if words not in tried:  # most often it is the same in both languages
            tried[words] = subprocess.run([SEVEN, *words], capture_output=True, timeout=120, check=False).returncode
        # A changed world may fail its claim.
        good = tried[words] == 0 or (words[0] == "sim" and tried[words] == 1)
        check("%s: its command works: %s" % (name, command), good)


def bad_input():
    code, _, err = run("tree-way")
    check("a near topic", code == 2 and "did you mean" in err and "three-way" in err, err)
    code, _, err = run("zzzzzzzzzz")
    check("no near topic", code == 2 and "seven explain lists them" in err, err)
    code, _, err = run("three-way", "--lang", "fr")
    check("a language", code == 2 and "en (English), zh (Chinese)" in err, err)
    code, _, err = run("three-way", "--mutant", "nobody")
    check("a mutant", code == 2 and "nobody" in err, err)
    code, _, err = run("lost-opening", "--run", "nobody")
    check("a run", code == 2 and "nobody" in err, err)
    code, _, err = run("three-way", "old-syn")
    check("two topics", code == 2 and "one topic at a time" in err, err)
    code, _, err = run("three-way", "--set", "links.ab.dealy=1s")
    check("an override", code == 2 and "delay" in err, err)
    code, _, err = run("./nothing.yaml")
    check("a file that is not there", code == 2 and "nothing.yaml" in err, err)


def languages():
    def in_locale(name, *words):
        env = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
        env.update(LANG=name, TERM="dumb")
        env.pop("LANGUAGE", None)
        return subprocess.run([SEVEN, "explain", *words], capture_output=True, env=env, timeout=60, check=False)

    r = in_locale("C", "three-way")
    check("the C locale is English", b"Claim" in r.stdout and r.stdout.isascii())
    r = in_locale("zh_CN.GB18030", "three-way")
    check("a Chinese locale that is not UTF-8", b"Claim" in r.stdout and b"UTF-8" in r.stderr, r.stderr)
    r = in_locale("C", "three-way", "--lang", "zh")
    check("Chinese into a pipe", "三次握手" in r.stdout.decode())

    def child():
        os.environ.update(LC_ALL="C")
        os.execv(SEVEN, [SEVEN, "explain", "three-way", "--lang", "zh"])

    pid, fd = pty.fork()
    if pid == 0:
        child()
    out = b""
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(fd)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    check("a terminal that cannot show Chinese is told how", status == 2 and b"LC_ALL=C.UTF-8" in out, out)


def looks():
    env = {"TERM": "xterm"}
    out = run("three-way", "--color=always", **env)[1]
    check("colour when asked", "\033[" in out)
    check("none in a pipe", "\033[" not in run("three-way")[1])
    check("none with NO_COLOR", "\033[" not in run("three-way", NO_COLOR="1")[1])
    check("lines of ASCII", run("three-way", "--ascii")[1].isascii())
    check("another seed has other numbers", "seq=100 " not in run("three-way", "--seed", "7")[1])
    code, out, _ = run("three-way", "--runs", "4")
    check("--runs", code == 0 and "held in 4 of 4 worlds" in out and "mutant two-way: fails" in out, out)
    code, out, _ = run("what-syn-carries", "--set", "a.mss=1000")
    check("a verdict of all runs", code == 0 and "FAILED" in out and "still holds" not in out, out)
    code, out, _ = run("three-way", "--mutant", "two-way")
    check("a mutant told", code == 0 and "FAILED" in out, out)


def files(folder, topics, waiting):
    code, out, _ = run("three-way", "-w", os.path.join(folder, "x.pcapng"))
    with open(os.path.join(folder, "x.pcapng"), "rb") as f:
        check("a capture", code == 0 and f.read(4) == b"\x0a\x0d\x0d\x0a")
    run("lost-opening", "-w", os.path.join(folder, "y.pcapng"))
    check("a capture for each run", os.path.exists(os.path.join(folder, "y-syn.pcapng")))
    page = os.path.join(folder, "one.html")
    code, out, err = run("three-way", "--html", page)
    with open(page, encoding="utf-8") as f:
        text = f.read()
    check("a page", code == 0 and "三次握手" in text and "The three-way handshake" in text, err)
    check("a page's notes", "1st: J = 100" in text and "第一次握手：J = 100" in text)
    code, _, err = run("lost-opening", "--mutant", "deaf-server", "--html", page)
    check("a page of a mutant of one of several runs", code == 0 and os.path.getsize(page) > 10000, err)
    code, _, err = run("lost-opening", "--mutant", "nobody", "--html", page)
    check("a page of no mutant", code == 2 and "nobody" in err, err)
    site = os.path.join(folder, "site")
    code, out, err = run("--html", site, "--seed", "7")  # what is told once is large, with another seed smaller
    with open(os.path.join(site, "index.html"), encoding="utf-8") as f:
        text = f.read()
    check("an index", code == 0 and all(t["name"] + ".html" in text for t in topics), err)
    check("an index without places left open", not re.search(r"\{[a-z]+\.isn", text))
    check("an index names what waits", all(t["title"]["en"] in text for t in waiting))
    check("a page for each", all(os.path.exists(os.path.join(site, t["name"] + ".html")) for t in topics))


def main():
    folder = tempfile.mkdtemp()
    try:
        topics, waiting = listed()
        for topic in topics:
            told(topic)
        for topic in waiting:
            code, _, err = run(topic["name"])
            check(topic["name"] + " waits", code == 2 and "not built yet" in err, err)
        bad_input()
        languages()
        looks()
        files(folder, topics, waiting)
    finally:
        shutil.rmtree(folder)
    print("%d passed, %d failed" % (passed, len(failures)))
    sys.exit(1 if failures else 0)


main()
