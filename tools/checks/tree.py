# SPDX-License-Identifier: BSD-2-Clause
"""The files of the project, and enough of C, Python, shell and JavaScript to see where functions end."""

import ast
import os
import re
import subprocess
from typing import NamedTuple


class Finding(NamedTuple):
    file: str
    line: int
    what: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.what}"


class Function(NamedTuple):
    name: str
    first: int
    last: int


SKIPPED_FOLDERS = re.compile(r"^(\.git|build.*|node_modules|__pycache__)$")


class Tree:
    """The files under `root`: those that git would commit, or all when it is no git tree."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        self._text = {}
        self.files = sorted(self._from_git() or self._from_walk())

    def _from_git(self):
        if not os.path.exists(os.path.join(self.root, ".git")):
            return None
        try:
            out = subprocess.run(["git", "-C", self.root, "ls-files", "-z", "--cached", "--others",
                                  "--exclude-standard"], capture_output=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        names = {os.fsdecode(name) for name in out.split(b"\0") if name}
        return [name for name in names if os.path.isfile(os.path.join(self.root, name))]

    def _from_walk(self):
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if not SKIPPED_FOLDERS.match(f)]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names]
        return found

    def text(self, file):
        if file not in self._text:
            with open(os.path.join(self.root, file), "rb") as f:
                self._text[file] = f.read().decode("utf-8", "replace")
        return self._text[file]

    def kind(self, file):
        """'c', 'h', 'py', 'sh', 'js', ... by the name, or by the first line of a script."""
        name = os.path.basename(file)
        if name in ("meson.build", "meson_options.txt", "Makefile"):
            return "build"
        end = os.path.splitext(name)[1][1:]
        if end:
            return {"mjs": "js"}.get(end, end)
        first = self.text(file)[:80].split("\n", 1)[0]
        if first.startswith("#!"):
            return "py" if "python" in first else "sh" if "sh" in first else "js" if "node" in first else ""
        return ""

    def of_kind(self, *kinds, under=("",)):
        return [f for f in self.files if f.startswith(tuple(under)) and self.kind(f) in kinds]


C_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
C_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\[^\n]|\\\n)*", re.M)


def blank(match):
    """The same shape without the words: a comment goes, a literal keeps its quotes, lines stay lines."""
    s = match.group(0)
    inner = re.sub(r"[^\n]", " ", s)
    return inner if s[0] in "/#" else s[0] + inner[1:-1] + s[-1]


def c_code(text):
    """C without comments and without what is inside literals; directives are kept."""
    return C_NOISE.sub(blank, text)


def c_functions(text):
    """(functions, problem line or 0). Every brace at the outermost level that follows a ')' opens one."""
    code = C_DIRECTIVE.sub(blank, c_code(text))
    found, depth, since, start = [], 0, 0, None
    for m in re.finditer(r"[{};]", code):
        at = m.start()
        if m.group(0) == "{":
            head = code[since:at]
            if depth == 0 and re.search(r"\)\s*(__attribute__\s*\(\(.*\)\)\s*)?$", head) and "=" not in head:
                name = re.search(r"(\w+)\s*\(", head)
                start = (name.group(1) if name else "?", since + len(head) - len(head.lstrip()))
            depth += 1
        elif m.group(0) == "}":
            depth -= 1
            if depth < 0:
                return found, code.count("\n", 0, at) + 1
            if depth == 0 and start:
                found.append(Function(start[0], code.count("\n", 0, start[1]) + 1, code.count("\n", 0, at) + 1))
                start = None
        if depth == 0:
            since = at + 1
    return found, (code.count("\n") + 1 if depth else 0)


def python_functions(text):
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError as wrong:
        return [], wrong.lineno or 1
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [Function(n.name, n.lineno, n.end_lineno) for n in nodes if isinstance(n, kinds)], 0


def shell_functions(text):
    lines, found, start = text.split("\n"), [], None
    for number, line in enumerate(lines, 1):
        head = re.match(r"^(?:function\s+)?([\w-]+)\s*\(\)\s*[{(]?\s*$", line)
        if head:
            start = (head.group(1), number)
        elif start and re.match(r"^[})]", line):
            found.append(Function(start[0], start[1], number))
            start = None
    return found, (start[1] if start else 0)


JS_NOISE = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"
                      r"|(?<=[=(,:!&|?;{}\n])[ \t]*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*", re.S)
JS_LIST = r"\((?:[^;{}]|\{[^;{}]*\})*\)"
JS_HEAD = re.compile(r"(?:\bfunction\b\s*\*?\s*([\w$]*)\s*" + JS_LIST +
                     r"|\b(?!if\b|for\b|while\b|switch\b|catch\b|with\b)([\w$]+)\s*" + JS_LIST +
                     r"|(?:([\w$]+)\s*=\s*(?:async\s*)?(?:\w+|" + JS_LIST + r")\s*)?=>)\s*$")


def js_functions(text):
    code = JS_NOISE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)
    found, stack = [], []
    for m in re.finditer(r"[{}]", code):
        at = m.start()
        if m.group(0) == "{":
            stack.append((JS_HEAD.search(code[max(0, at - 400):at]), at))
        elif not stack:
            return found, code.count("\n", 0, at) + 1
        else:
            head, opened = stack.pop()
            if head:
                name = next((g for g in head.groups() if g), "=>")
                found.append(Function(name, code.count("\n", 0, opened) + 1, code.count("\n", 0, at) + 1))
    return found, (code.count("\n") + 1 if stack else 0)


FUNCTION_FINDERS = {"c": c_functions, "h": c_functions, "py": python_functions, "sh": shell_functions,
                    "js": js_functions}
