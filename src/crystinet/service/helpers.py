"""The processes that identify beside that of the service: started when something waits, watched.

Python works on one thing at a time in a process, whatever its threads: more cores answer more
requests in more processes alone.
"""

import logging
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from crystinet.core.plain import Document
from crystinet.service.problems import EntryError, Refusal
from crystinet.service.processes import read_message, start_process, write_message
from crystinet.service.settings import ServiceSettings

#: A helper that died without an answer is replaced after this time, seconds; twice as long each
#: further time, up to the second number.
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
#: So long a request waits for a helper when no other process may have it, seconds.
_PATIENCE_S = 30.0
#: A helper is given this time to notice that the service ends, seconds.
_STOP_S = 5.0
#: One that says nothing for so long does not work any more, and is looked at so often, seconds.
_LONGEST_ANSWER_S, _LOOK_S = 600.0, 5.0

_LOG = logging.getLogger(__name__)

StartHelper = Callable[[ServiceSettings], "subprocess.Popen[bytes]"]


class HelperDied(Exception):
    """A helper has ended; ``over_it`` where it had the whole of a request in its hands."""

    def __init__(self, *, over_it: bool) -> None:
        super().__init__(over_it)
        self.over_it = over_it


class Helper:
    """One process, and the way to speak with it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.answered = False
        self._asked_at: float | None = None
        self._turn = threading.Lock()

    @property
    def silent_s(self) -> float:
        """Time since it was asked something that it has not answered yet, seconds."""
        asked_at = self._asked_at
        return 0.0 if asked_at is None else time.monotonic() - asked_at

    def wait_ready(self) -> bool:
        """Wait until it has loaded what it needs; False where it has died over it."""
        try:
            assert self.process.stdout is not None  # noqa: S101
            return bool(read_message(self.process.stdout)[0]["ready"])
        except (EOFError, OSError, ValueError):
            return False

    def ask(self, letter: Document, content: bytes = b"") -> Document:
        """Say something, and wait for what comes back.

        Raises
        ------
        HelperDied
            Nothing does, and never will.
        EntryError
            What went wrong there.
        """
        assert self.process.stdin is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        with self._turn:
            self._asked_at = time.monotonic()
            over_it = False
            try:
                write_message(self.process.stdin, letter, content)
                over_it = True
                reply, _ = read_message(self.process.stdout)
            except (EOFError, OSError, ValueError) as error:  # ValueError: the pipe is closed
                raise HelperDied(over_it=over_it) from error
            finally:
                self._asked_at = None
        self.answered = True
        if "error" in reply:
            raise EntryError(reply["error"])
        return reply

    def let_go(self) -> None:
        """Tell it to end, which is no word but the end of words."""
        if self.process.stdin is not None:
            with suppress(OSError, ValueError):
                self.process.stdin.close()

    def watch(self) -> None:
        """Wait until it has ended; one that does not answer any more is ended."""
        while True:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_LOOK_S)
                return
            if self.silent_s > _LONGEST_ANSWER_S:
                self.process.kill()

    def end(self) -> int:
        """Wait until it has ended, and see to it; its exit status."""
        try:
            status = self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.let_go()
        if self.process.stdout is not None:
            with suppress(OSError, ValueError):
                self.process.stdout.close()
        return status


def start_helper(settings: ServiceSettings) -> "subprocess.Popen[bytes]":
    """Start a helper of a service."""
    return start_process("crystinet.service.helper", settings, answers=True)


class Helpers:
    """Starts helpers when there is more to do than one process can, watches and replaces them.

    Parameters
    ----------
    settings
        Of the service; it has one process less than these say.
    start
        Starts one.
    """

    def __init__(self, settings: ServiceSettings, *, start: StartHelper = start_helper) -> None:
        self._settings, self._start = settings, start
        self._changed = threading.Condition()
        self._here_free = True
        self._idle: list[Helper] = []
        self._ready: list[Helper] = []
        self._all: list[Helper] = []
        self._keepers: list[threading.Thread] = []
        self._stopping = False
        #: Helpers that were lost, and replaced.
        self.lost = 0

    @property
    def ready(self) -> int:
        """Helpers that can work."""
        return len(self._ready)

    def take(self, *, elsewhere: bool = False) -> Helper | None:
        """Wait for somebody to do a piece of work; None is this process itself.

        What is taken is to be given back with `give`.

        Parameters
        ----------
        elsewhere
            Whether it must not be this process: the work has ended a process before.

        Raises
        ------
        Refusal
            503: the service ends, or there is no helper for a long time.
        """
        deadline = time.monotonic() + _PATIENCE_S
        with self._changed:
            while not self._stopping:
                if self._here_free and not elsewhere:
                    self._here_free = False
                    return None
                if self._idle:
                    return self._idle.pop()
                if len(self._keepers) < self._settings.processes - 1:
                    self._hire()
                left = deadline - time.monotonic() if elsewhere else None
                if left is not None and left <= 0.0:
                    raise Refusal(503, "No process is there that could answer.")
                self._changed.wait(left)
        raise Refusal(503, "The service ends.")

    def give(self, helper: Helper | None, *, dead: bool = False) -> None:
        """Give back what was taken; ``dead`` where it is known to be."""
        with self._changed:
            if helper is None:
                self._here_free = True
            elif helper in self._ready and not dead:
                self._idle.append(helper)
            self._changed.notify_all()

    def forget_models(self) -> int:
        """Let all helpers let go of their bundles; how many questions they knew together."""
        with self._changed:
            ready = list(self._ready)
        known = 0
        for helper in ready:
            with suppress(HelperDied):  # then it has forgotten everything
                known += int(helper.ask({"do": "forget"})["forgotten"])
        return known

    def stop(self) -> None:
        """End all helpers, also those that do not listen any more."""
        with self._changed:
            self._stopping = True
            helpers = list(self._all)
            for helper in helpers:
                if helper.silent_s:  # nobody waits for its answer, and it may not even listen
                    helper.process.kill()
                else:
                    helper.let_go()
            self._changed.notify_all()
        deadline = time.monotonic() + _STOP_S
        for helper in helpers:
            try:
                helper.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                helper.process.kill()
        for keeper in self._keepers:
            keeper.join()

    def _hire(self) -> None:
        keeper = threading.Thread(target=self._keep_one, name="helper", daemon=True)
        self._keepers.append(keeper)
        keeper.start()

    def _keep_one(self) -> None:
        """See to it that there is one helper more, from now on to the end of the service."""
        pause = _PAUSE_S
        while helper := self._started():
            if helper.wait_ready():
                self._enter(helper)
                helper.watch()
            status = self._leave(helper)
            if self._stopping:
                return
            _LOG.warning(
                "A process that identifies (%d) has ended with status %d; another one is started.",
                helper.process.pid,
                status,
            )
            if helper.answered:
                pause = _PAUSE_S
            else:
                self._rest(pause)
                pause = min(2.0 * pause, _LONGEST_PAUSE_S)

    def _started(self) -> Helper | None:
        """A new helper, as soon as the machine can have one more; None where the service ends."""
        while True:
            with self._changed:
                if self._stopping:
                    return None
                try:
                    helper = Helper(self._start(self._settings))
                    self._all.append(helper)
                    return helper
                except OSError as error:
                    _LOG.warning("A process that identifies cannot be started: %s", error)
            self._rest(_LONGEST_PAUSE_S)

    def _rest(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, timeout=seconds)

    def _enter(self, helper: Helper) -> None:
        with self._changed:
            self._ready.append(helper)
            self._idle.append(helper)
            self._changed.notify_all()

    def _leave(self, helper: Helper) -> int:
        """Strike out a helper that is gone or will be."""
        with self._changed:
            for group in (self._all, self._ready, self._idle):
                if helper in group:
                    group.remove(helper)
        status = helper.end()
        self.lost += not self._stopping
        return status
