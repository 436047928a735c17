"""A helper: a process that identifies what the process of the service has no hands for.

Started by `crystinet.service.helpers.Helpers`, never by hand. Orders come through its standard
input and answers leave through its standard output, one after the other. It may be killed at any
moment: what it had in hand is asked again.
"""

import os
import queue
import signal
import sys
import threading
from io import BytesIO
from typing import IO

from crystinet.app.models import limit_threads
from crystinet.app.outcome import internal_fault
from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document
from crystinet.service.answering import KeptAnswers
from crystinet.service.asking import Asked
from crystinet.service.memory import give_back
from crystinet.service.processes import read_message, taken_order, write_message
from crystinet.service.state.database import Database
from crystinet.service.state.results import Results
from crystinet.service.uploads import Received

Letters = queue.SimpleQueue[tuple[Document, bytes]]


def _listen(letters: Letters) -> None:
    """Take in what the service says; when it can say nothing any more, end at once."""
    try:
        while True:
            letters.put(read_message(sys.stdin.buffer))
    except EOFError:
        os._exit(0)  # nobody waits for what is under way


def _own_output() -> IO[bytes]:
    """The way to the service; whatever prints from now on does not get into it."""
    way = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return way


def _reply(letter: Document, content: bytes, answers: KeptAnswers) -> Document:
    if letter["do"] == "forget":
        return {"forgotten": answers.forget_models()}
    file = Received(letter["file"], BytesIO(content), len(content), letter["sha256"])
    return {"document": answers.document(file, Asked.of_dict(letter["asked"]))}


def main() -> None:
    """Answer until the service is gone."""
    # Who ends a whole group of processes (systemd does) ends the service in good order; this
    # process works for it until then.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    way, letters = _own_output(), Letters()
    threading.Thread(target=_listen, args=(letters,), daemon=True).start()
    _, settings = taken_order()
    limit_threads(1)
    with Database(settings.state) as database:
        answers = KeptAnswers(settings, Results(database))
        answers.identifier(Asked(model=settings.default_model))
        give_back()
        write_message(way, {"ready": True})
        while True:
            try:
                reply = _reply(*letters.get(), answers)
            except CrystinetError as error:
                reply = {"error": error.to_dict()}
            except Exception as fault:
                reply = {"error": internal_fault(fault).to_dict()}
            write_message(way, reply)


if __name__ == "__main__":
    main()
