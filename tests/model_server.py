"""A real OpenAI-compatible server for the tests: litellm's proxy, offline, with fixed answers."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

PYTHON = Path(__file__).parents[1] / ".venv-model-server" / "bin" / "python"
_PARTS = Path(__file__).with_name("proxy_parts.py")
_READY = re.compile(r"Uvicorn running on http://127\.0\.0\.1:(\d+)")
# The server sees nothing else of the environment: no proxies, no keys, no settings of ours.
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
_OFFLINE = {
    "LITELLM_MODE": "PRODUCTION",  # reads no .env file
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "HF_HUB_OFFLINE": "1",
}


class ModelServerFailed(RuntimeError):
    """The server is not installed or didn't start; the message says what to do or why."""


class ModelServer:
    """Serves each given answer as a chat model of that name, and the model `echo`.

    `echo` quotes the first sentence of each numbered passage in the request, with its mark. An
    answer may also be one of litellm's own names of failures, such as `litellm.RateLimitError`.
    A wrong key gets 401, an unknown model 400.

        with ModelServer({"good": "It works [1]."}) as server:
            openai.OpenAI(base_url=server.base_url, api_key=server.api_key)

    The server needs about six seconds of one core to start, so share one among many tests.

    Raises, when it is entered:
        ModelServerFailed: its environment is missing, or it was not ready after `patience` seconds.
    """

    api_key = "sk-only-for-tests"

    def __init__(
        self, answers: Mapping[str, str], *, python: Path = PYTHON, patience: float = 90
    ) -> None:
        self._answers = dict(answers)
        self._python = python
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._port = 0

    @property
    def base_url(self) -> str:
        """Where the API begins, as clients want it."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Returns once the server answers."""
        if not self._python.exists():
            raise ModelServerFailed(
                f"The test model server is not installed in {self._python.parents[1].name}: "
                "run `make install-test`."
            )
        self._folder = Path(tempfile.mkdtemp(prefix="model-server-"))
        try:
            self._launch(self._folder)
            self._wait_until_ready(self._folder / "log.txt")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the server and whatever it started, then removes its files."""
        process, self._process = self._process, None
        if process is not None:
            _signal_group(process, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
            _signal_group(process, signal.SIGKILL)  # children that outlived it
            process.wait()
            if process.stdin:
                process.stdin.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self, folder: Path) -> None:
        config = folder / "config.yaml"
        config.write_text(_config(self._answers), "ascii")
        shutil.copy(_PARTS, folder)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        own = {
            "HOME": str(folder),
            "CONFIG_FILE_PATH": str(config),
            "LITELLM_MASTER_KEY": self.api_key,
        }
        # The proxy's app under uvicorn: its own command imports more and takes twice as long.
        command = [str(self._python), "-m", "uvicorn", "litellm.proxy.proxy_server:app"]
        command += ["--host", "127.0.0.1", "--port", "0"]  # the system picks a free port
        command += ["--no-access-log", "--timeout-graceful-shutdown", "1"]
        with (folder / "log.txt").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=kept | _OFFLINE | own,
                stdin=subprocess.PIPE,  # its closing tells the server that we are gone
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_until_ready(self, log: Path) -> None:
        end = time.monotonic() + self._patience
        while time.monotonic() < end:
            text = log.read_text("utf-8", errors="replace")
            if ready := _READY.search(text):
                self._port = int(ready.group(1))
                if _responds(self._port):
                    return
            elif self.pid is None:
                break
            time.sleep(0.05)
        what = f"was not ready after {self._patience:g} s" if self.pid else "ended at its start"
        tail = "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-20:])
        raise ModelServerFailed(f"The test model server {what}. Its log ends:\n{tail}")


def _config(answers: Mapping[str, str]) -> str:
    """The proxy's configuration as YAML, in ASCII."""
    models = {
        name: f"{{model: {_yaml(f'openai/{name}')}, api_key: none, mock_response: {_yaml(text)}}}"
        for name, text in answers.items()
    }
    models.setdefault("echo", "{model: echo/echo}")
    lines = ["model_list:"]
    for name, parameters in models.items():
        lines += [f"- model_name: {_yaml(name)}", f"  litellm_params: {parameters}"]
    lines += ["general_settings: {custom_auth: proxy_parts.check_key}", "litellm_settings:"]
    lines += ["  telemetry: false", "  num_retries: 0", "  custom_provider_map:"]
    lines += ["  - {provider: echo, custom_handler: proxy_parts.echo}"]
    return "\n".join(lines) + "\n"


def _yaml(text: str) -> str:
    """Any text at all as a quoted YAML string."""
    plain = (c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{"".join(plain)}"'


def _responds(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/health/readiness")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To the process and its children: it leads a session, so its id is theirs too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
