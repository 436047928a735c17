"""Check the container file where there is no docker: lint it, run its steps in a folder, start it.

    python tools/container_check.py FOLDER

hadolint reads the file. Then the first stage is played: what it copies is copied into FOLDER, which
must not be there yet, its RUN runs there with the paths of the image moved below FOLDER, and the
service is started by the words of CMD and asked by those of HEALTHCHECK, on a free port of this
machine. Not played: the base image, the user who owns the process, other steps of the last stage.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "container" / "Dockerfile"
PORT, LONGEST_START_S = "8017", 60.0


def steps(text: str) -> list[tuple[str, str]]:
    """Instructions and their words; lines that end in a backslash go on."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text))
    pairs = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(word, rest.strip()) for word, _, rest in pairs]


def moved(words: str, folder: Path) -> str:
    """The same words with the absolute paths of the image below a folder."""
    return re.sub(r"(?<![\w./:])/(?=opt\b|data\b|source\b)", f"{folder}/", words)


def build(stage: list[tuple[str, str]], folder: Path) -> None:
    """Play COPY and RUN of the first stage."""
    place = folder
    for word, rest in stage:
        if word == "WORKDIR":
            place = Path(moved(rest, folder))
            place.mkdir(parents=True)
        elif word == "COPY":
            *names, goal = rest.split()
            for name in names:
                _copy(ROOT / name, place / goal)
        elif word == "RUN":
            command = moved(rest, folder).replace("python -m venv", f"{sys.executable} -m venv")
            subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=place, check=True)


def _copy(source: Path, goal: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, goal, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, goal)


def serve(stage: list[tuple[str, str]], folder: Path) -> None:
    """Start the service as the last stage does, and ask whether it is well."""
    told = dict(stage)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [moved(word, folder) for word in json.loads(told["CMD"])]
    command[command.index("--host") + 1] = "127.0.0.1"
    ask = json.loads(told["HEALTHCHECK"].removeprefix("CMD "))
    ask[-1] = ask[-1].replace(PORT, port)
    environment = {**os.environ, "PATH": f"{folder}/opt/crystinet/bin:{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    (folder / "data").mkdir()
    tokens = command[command.index("--tokens") + 1]
    make = ["crystinet", "service", "token", tokens, "check"]
    subprocess.run(make, env=environment, check=True, stdout=subprocess.DEVNULL)
    with subprocess.Popen([*command, "--port", port], env=environment) as service:
        try:
            deadline = time.monotonic() + LONGEST_START_S
            while subprocess.run(ask, env=environment, check=False, capture_output=True).returncode:
                if service.poll() is not None or time.monotonic() > deadline:
                    sys.exit("container: the service does not answer its health check")
                time.sleep(0.5)
        finally:
            service.terminate()
    if service.returncode != 0:
        sys.exit(f"container: the service ended with status {service.returncode}")


def main() -> None:
    """Lint, build and serve; exits with what is wrong."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True)
    hadolint = Path(sys.executable).with_name("hadolint")
    subprocess.run([hadolint, FILE], check=True)
    found = steps(FILE.read_text("utf-8"))
    last = max(i for i, (word, _) in enumerate(found) if word == "FROM")
    users = [rest for word, rest in found[last:] if word == "USER"]
    if not users or users[-1] in ("root", "0"):
        sys.exit("container: the service would run as root")
    build(found[:last], folder)
    serve(found[last:], folder)
    print("The container file is well formed, builds and serves.")


if __name__ == "__main__":
    main()
