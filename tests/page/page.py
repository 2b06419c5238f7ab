#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The pages of seven sim --html in headless Chromium: arguments are the program and page_index.

A page opens from file:// and asks for nothing else, says nothing on the console, fits both sizes, and shows at each
moment what the run's own log, ladder and judgement say. Nothing here waits for time, only for what must come."""

import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import browser  # noqa: E402

SIZES = (("desktop", 1280, 900, False), ("phone", 390, 844, True))
passed, failed = 0, 0


def check(what, good, seen=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what} {seen}")


class Run:
    """One scenario's page, and what the program says of the same run elsewhere."""

    def __init__(self, seven, folder, name, *more):
        self.file = f"scenarios/{name}.yaml"
        self.page = os.path.join(folder, name + "".join(more).replace("--", "-") + ".html")
        log = os.path.join(folder, name + ".log")
        mutants = () if "--mutant" in more else ("--no-mutants",)
        out = subprocess.run([seven, "sim", self.file, *mutants, *more, "-j", "--html", self.page, "--log", log],
                             capture_output=True, text=True, check=False)
        self.result = json.loads(out.stdout.splitlines()[0])
        self.words = ()
        if not more:
            text = subprocess.run([seven, "sim", self.file, *mutants, "--ladder", "--ascii"], capture_output=True,
                                  text=True, check=False).stdout
            self.words = re.findall(r"(?:-- |\.\.\. |\|)((?:[A-Z]+,?)+ seq=\d+)", text)
        with open(log, encoding="utf-8") as f:
            self.states = [(float(m.group(1)), int(m.group(2)) - 1, m.group(3)) for m in
                           re.finditer(r"^(\d+\.\d+) (\d+)\S* TCP_STATE .*-> (\S+)$", f.read(), flags=re.M)]

    def state(self, host, t, before):
        """After the last change of that host up to t, in the log's microseconds."""
        past = [s for at, h, s in self.states if h == host and at <= t + 1.5e-6]
        return past[-1] if past else before


def states(b):
    return b.evaluate("[...document.querySelectorAll('.machine')].map(m => m.dataset.state)")


def now(b):
    return b.evaluate("Number(document.body.dataset.time)") / 1e9


def moment(b):
    return b.evaluate("Number(document.body.dataset.moment)")


def looks(b, what, path):
    """At both sizes and in both schemes: nothing asked for, nothing complained of, nothing beyond the edge."""
    for size, width, height, dark in SIZES:
        b.shape(width, height, dark)
        b.open(path)
        check(f"{what} {size}: asks for itself alone", b.requests == ["file://" + os.path.abspath(path)], b.requests)
        check(f"{what} {size}: fits the width", b.evaluate("document.documentElement.scrollWidth <= innerWidth"),
              b.evaluate("document.documentElement.scrollWidth"))
        paper = b.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        check(f"{what} {size}: the scheme asked for", (max(paper) < 64) == dark, paper)
        if not b.evaluate("Boolean(document.getElementById('slider'))"):
            continue
        for key in ("Home", "ArrowRight", "End", "PageUp"):
            b.key(key)
        check(f"{what} {size}: says nothing on the console", not b.complaints, b.complaints)


def follows(b, run, names):
    """Every moment by the right arrow: both machines as the log has them."""
    b.shape(1280, 900)
    b.open(run.page)
    b.key("Home")
    initial = states(b) if now(b) == 0 else []
    last = b.evaluate("Number(document.getElementById('slider').max)")
    wrong = []
    for i in range(last + 1):
        at, shown = now(b), states(b)
        said = [run.state(host, at, "LISTEN" if host else "CLOSED") for host in names]
        if moment(b) != i or shown != said:
            wrong.append((i, at, shown, said))
        b.key("ArrowRight")
    check(f"{run.file}: states of {last + 1} moments", last > 5 and initial and not wrong, wrong[:3])
    check(f"{run.file}: the slider stops at its end", moment(b) == last)
    labels = b.evaluate("[...document.querySelectorAll('.row .label')].map(l => l.textContent.trim())")
    short = [" ".join(label.split(" ")[:2]) for label in labels]
    check(f"{run.file}: the ladder's segments", short == run.words, f"{short} {run.words}")
    verdicts = b.evaluate("[...document.querySelectorAll('#expect li')]"
                          ".map(l => [l.querySelector('b').textContent.trim(), l.className])")
    said = [[x["id"], x["verdict"]] for x in run.result["expect"]]
    check(f"{run.file}: the verdicts", verdicts == said, verdicts)


def moves(b, run):
    """The slider itself, an address with a time, the play button, the other language."""
    b.shape(390, 844)
    b.open(run.page)
    b.evaluate("(s => { s.value = 4; s.dispatchEvent(new Event('input')); })(document.getElementById('slider'))")
    check("the slider moves", moment(b) == 4 and b.evaluate("document.querySelectorAll('.row.now').length") > 0)
    check("what is to come is dim", b.evaluate("document.querySelectorAll('.row.future').length") > 0)
    b.evaluate("location.hash = '#t=3.45'")
    b.wait("Math.abs(Number(document.body.dataset.time) - 3.45e9) < 1e5")
    b.key("Home")
    b.key(" ")
    b.wait("Number(document.body.dataset.moment) > 0")
    b.key(" ")
    english = b.evaluate("document.getElementById('claim').textContent")
    b.evaluate("document.getElementById('lang').click()")
    check("Chinese", b.evaluate("document.documentElement.lang") == "zh-CN" and
          re.search("[\u4e00-\u9fff]", b.evaluate("document.getElementById('claim').textContent")) and
          re.search("[\u4e00-\u9fff]", b.evaluate("document.querySelector('#ladderbox h2').textContent")))
    b.evaluate("document.getElementById('lang').click()")
    check("and back", b.evaluate("document.getElementById('claim').textContent") == english)
    check("the decisive row", b.evaluate("document.querySelector('.row.decisive .label').textContent")
          .startswith("RST seq=1001"))
    check("a fault by its name", "fault lost" in b.evaluate("document.getElementById('ladder').textContent"))
    check("nothing complained of", not b.complaints, b.complaints)


def numbers(b, run):
    """A long run: folded, bounded, and at each look una <= nxt <= the window's edge, both ends agreeing."""
    b.shape(1280, 900)
    b.open(run.page)
    check("a page of a long run is bounded", os.path.getsize(run.page) < 3 << 20, os.path.getsize(run.page))
    check("long runs are folded", b.evaluate("document.querySelectorAll('.row.fold').length") > 5)
    last = b.evaluate("Number(document.getElementById('slider').max)")
    wrong = []
    for share in (0.2, 0.5, 0.8):
        b.evaluate(f"(s => {{ s.value = {int(last * share)}; s.dispatchEvent(new Event('input')); }})"
                   "(document.getElementById('slider'))")
        text = b.evaluate("Object.fromEntries([...document.querySelectorAll('#sequence figure:first-child dl div')]"
                          ".map(d => [d.firstChild.textContent, d.lastChild.textContent]))")
        value = {k: int(v.replace(",", "")) for k, v in text.items() if re.fullmatch(r"[\d,]+", v)}
        edge = value["SND.UNA"] + value["SND.WND"]
        if not value["SND.UNA"] <= value["RCV.NXT"] <= value["SND.NXT"] <= edge:
            wrong.append(text)
    check("the sequence space is in order", not wrong, wrong)
    curves = b.evaluate("[...document.querySelectorAll('#plots path.curve')]"
                        ".filter(p => p.getAttribute('d').length > 40).length")
    check("the plots have curves", curves >= 4, curves)
    before = b.evaluate("document.querySelectorAll('.row').length")
    b.evaluate("document.querySelector('button.foldrow')?.click()")
    check("a fold opens", b.evaluate("document.querySelectorAll('.row').length") > before + 1)
    b.evaluate("document.querySelector('#eventbox details').open = true")
    b.wait("document.querySelectorAll('#events li').length > 100")
    check("nothing complained of", not b.complaints, b.complaints)


def forged(b, seven, folder):
    """What a third wrote under another's name comes in from outside, in a page of explain and in one of sim; and a
    ladder stands on the page of a run that has no TCP."""
    page = os.path.join(folder, "forged.html")
    fields = ("[...document.querySelectorAll('.row.forged')].map(r => [r.querySelector('.label').textContent.trim(), "
              "r.querySelector('.outsider').textContent, r.querySelector('.dropped')?.textContent || ''])")
    for words in (["explain", "isn", "--run", "reset"], ["sim", "experiments/isn.yaml", "--run", "reset"]):
        done = subprocess.run([seven, *words, "--html", page], capture_output=True, check=False)
        for size, width, height, dark in SIZES:
            b.shape(width, height, dark)
            b.open(page)
            rows = b.evaluate(fields)
            check(f"forged segments {words[0]} {size}", done.returncode == 0 and 1 <= len(rows) <= 6 and
                  all("RST" in label and "forged by m" in label and who == "m" and "OLD" in dropped
                      for label, who, dropped in rows), rows)
            check(f"forged segments {words[0]} {size}: inside the rails", b.evaluate(
                "[...document.querySelectorAll('.row.forged')].every(r => { const f = r.querySelector('.field')"
                ".getBoundingClientRect(), o = r.querySelector('.outsider').getBoundingClientRect(); "
                "return o.left > f.left && o.right < f.right; })"))
        b.evaluate("document.getElementById('lang').click()")
        check(f"forged segments {words[0]} in Chinese", all("由 m 伪造" in label for label, _, _ in b.evaluate(fields)))
        b.evaluate("document.querySelector('button.foldrow').click()")
        check(f"all 200 {words[0]}", b.evaluate("document.querySelectorAll('.row.forged').length") == 200)
        check(f"forged segments {words[0]}: nothing complained of", not b.complaints, b.complaints)
    subprocess.run([seven, "explain", "arp", "--html", page], capture_output=True, check=False)
    b.open(page)
    labels = b.evaluate("[...document.querySelectorAll('.row .label')].map(l => l.textContent.trim())")
    check("a ladder without TCP", "ARP who-has 10.0.0.1" in labels and not b.complaints, labels)
    said = b.evaluate("[...document.querySelectorAll('#expect li')].map(l => l.textContent).join(' ')")
    check("expectations in words", "eventually:" not in said and "NEIGHBOUR" not in said, said)


def topics(b, path):
    looks(b, "list", path)
    check("three cards under two headings", b.evaluate("document.querySelectorAll('.card').length") == 3 and
          b.evaluate("document.querySelectorAll('#topics h2').length") == 2)
    check("text is no markup", b.evaluate("document.querySelectorAll('.card b').length") == 0 and
          "</script><b>" in b.evaluate("document.getElementById('topics').textContent"))
    b.evaluate("(f => { f.value = 'TLS'; f.value = 'sealed'; f.dispatchEvent(new Event('input')); })"
               "(document.getElementById('find'))")
    check("a topic is found", b.evaluate("document.body.dataset.found") == "1")
    check("nothing complained of", not b.complaints, b.complaints)


def refuses(folder):
    """What would make a page ask a network does not get into the program."""
    tool = os.path.join(os.environ.get("SEVEN_SOURCE_ROOT", "."), "tools", "page")
    for bad in ("fetch('x')", "e.innerHTML = x", "<img src='x'>", "@import 'x'"):
        name = os.path.join(folder, "bad.js")
        with open(name, "w", encoding="utf-8") as f:
            f.write(bad + "\n")
        done = subprocess.run([tool, os.path.join(folder, "out.c"), name], capture_output=True, text=True, check=False)
        check(f"tools/page refuses {bad}", done.returncode == 1 and "bad.js:1: a page must not say" in done.stderr)


def main():
    seven, page_index = sys.argv[1:3]
    if not browser.program():
        print("skip: no chromium (Debian: chromium)")
        return 77
    with tempfile.TemporaryDirectory(prefix="seven-pages-") as folder:
        figure, both = Run(seven, folder, "figure-12"), Run(seven, folder, "figure-13")
        three, bulk, ring = (Run(seven, folder, name) for name in ("why-three", "lossy-bulk", "switch-loop"))
        mutant = Run(seven, folder, "why-three", "--mutant", "two-way")
        listed = os.path.join(folder, "index.html")
        with open(listed, "wb") as f:
            subprocess.run([page_index], stdout=f, check=True)
        refuses(folder)
        try:
            b = browser.Browser()
        except (OSError, TimeoutError, ConnectionError, RuntimeError) as e:
            print(f"skip: {browser.program()} does not start here: {e}")
            return 77
        try:
            for run in (figure, three, ring):
                looks(b, run.file, run.page)
            follows(b, figure, (0, 1))
            follows(b, both, (0, 1))
            moves(b, three)
            numbers(b, bulk)
            b.open(mutant.page)
            verdict = b.evaluate("document.getElementById('verdict').textContent")
            check("a mutant says that it is one", "two-way" in verdict, verdict)
            check("and what fails", b.evaluate("document.querySelectorAll('#expect li.failed').length") >= 2)
            forged(b, seven, folder)
            topics(b, listed)
        finally:
            b.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
