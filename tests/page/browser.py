# SPDX-License-Identifier: BSD-2-Clause
"""A headless Chromium, spoken to over its own pipe: no port, no driver, nothing but Python's library."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time


def program():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One page. Commands wait for their answers, at most `patience` seconds; what the page says is kept in lists."""

    def __init__(self, patience=90):
        self.patience = patience
        self.folder = tempfile.mkdtemp(prefix="seven-page-")
        self.requests, self.complaints = [], []
        self.number, self.buffer, self.session = 0, b"", None
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()

        def wire():
            os.setpgid(0, 0)
            # Numbers 3 and 4 are what it reads from and writes to; either end may stand there already.
            a, b = os.dup(to_read), os.dup(from_write)
            a, b = (os.dup(fd) if fd in (3, 4) else fd for fd in (a, b))
            os.dup2(a, 3)
            os.dup2(b, 4)

        words = [program(), "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu",
                 "--disable-dev-shm-usage", "--disable-background-networking", "--disable-extensions", "--disable-sync",
                 "--disable-component-update", "--hide-scrollbars", "--user-data-dir=" + self.folder, "about:blank"]
        if os.geteuid() == 0:
            words.insert(1, "--no-sandbox")  # it refuses root otherwise; the page is our own
        with open(os.path.join(self.folder, "stderr"), "wb") as log:
            self.process = subprocess.Popen(words, preexec_fn=wire, close_fds=False, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log,
                                            env=dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder))
        os.close(to_read)
        os.close(from_write)
        try:
            target = self.send("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.send(domain + ".enable")
        except BaseException:
            self.close()
            raise

    def _message(self, until):
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.from_read], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.from_read, 1 << 20)
            if not piece:
                with open(os.path.join(self.folder, "stderr"), encoding="utf-8", errors="replace") as log:
                    raise ConnectionError("the browser has ended: " + log.read()[-400:])
            self.buffer += piece
        raw, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(raw)

    def _notice(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])

    def send(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to_write, data):]
        until = time.monotonic() + self.patience
        while True:
            answer = self._message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._notice(answer)

    def evaluate(self, expression):
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "exception"))
        return result["result"].get("value")

    def wait(self, expression):
        until = time.monotonic() + self.patience
        while not self.evaluate(expression):
            if time.monotonic() > until:
                raise TimeoutError("never true: " + expression)
            time.sleep(0.02)

    def shape(self, width, height, dark=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 700)
        self.send("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def open(self, path):
        self.requests.clear()
        self.complaints.clear()
        self.send("Page.navigate", url="about:blank")
        self.requests.clear()
        self.send("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait("document.body !== null && document.body.dataset.ready === 'yes'")

    def key(self, name):
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, code=name)

    def screenshot(self, path, whole=False):
        import base64
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))

    def close(self):
        for fd in (self.to_write, self.from_read):
            os.close(fd)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # its children, which are ours too
        except ProcessLookupError:
            pass
        self.process.wait()
        for _ in range(50):
            shutil.rmtree(self.folder, ignore_errors=True)
            if not os.path.exists(self.folder):
                return
            time.sleep(0.05)
