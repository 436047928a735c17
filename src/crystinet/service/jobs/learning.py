"""Jobs of kind learn: a further structure type for a bundle, from CIF files.

The bundle that is extended stays as it is; the larger one is served beside it. A job that was
killed goes on where its work was.
"""

import json
import shutil

from crystinet.app.extend import REPORT, TEST_PATTERNS, extend
from crystinet.app.models import load_model
from crystinet.core.errors import InternalFaultError
from crystinet.core.files import make_folder, write_whole
from crystinet.core.plain import Document
from crystinet.service.jobs.shift import Shift
from crystinet.service.learned import CIFS, learned_folder, learned_name
from crystinet.service.state.job import Open

#: CIF files of a job, at most.
MOST_CIFS = 1_000
#: A job that stopped its worker so often gets no further try.
_MOST_TRIES = 3
#: The report judges one held-out pattern for so many that were trained on.
_TRAINED_PER_JUDGED = 8


def learn(shift: Shift) -> None:
    """Teach a bundle the type that a job names.

    Raises
    ------
    CrystinetError
        As `crystinet.app.extend.extend`; InternalFaultError where it killed its worker too often.
    """
    inputs = shift.leases.open_inputs(shift.job.id, limit=MOST_CIFS)
    if not inputs:
        return
    if max(each.attempts for each in inputs) >= _MOST_TRIES:
        raise InternalFaultError(
            f"The process that learned {shift.job.options['type']} was killed {_MOST_TRIES} times.",
            hint="Too little memory for learning, or a fault in a library; please report it.",
        )
    shift.begin([each.number for each in inputs])
    output = learned_folder(shift.settings.data, shift.job.id)
    if not output.exists():  # else it was complete, and only the mark that it is was not made
        _extend(shift, inputs)
    document = _document(shift)
    shift.complete([(each.number, [document] if each is inputs[0] else []) for each in inputs])
    shutil.rmtree(output.with_name(output.name + CIFS), ignore_errors=True)


def _extend(shift: Shift, inputs: list[Open]) -> None:
    options, learning = shift.job.options, shift.settings.learning
    output = learned_folder(shift.settings.data, shift.job.id)
    cifs = output.with_name(output.name + CIFS)
    make_folder(cifs, of="the structures to learn")
    for each in inputs:  # a client's name of a file is never used on the disk
        content = shift.results.content(each.input.upload or "")
        write_whole(cifs / f"{each.number:04d}.cif", content)
    patterns = options["patterns"]
    extend(
        shift.settings.model_of(options["model"])[1] or "default",
        output,
        cifs=[(options["type"], cifs)],
        corpus=learning.corpus,
        settings=learning.settings,
        patterns=patterns,
        seed=options["seed"],
        workers=1,  # this process; the service has others
        test_patterns=min(TEST_PATTERNS, max(1, (patterns or 10**9) // _TRAINED_PER_JUDGED)),
        report=shift,
    )


def _document(shift: Shift) -> Document:
    """The one result: how the new bundle is called, and the report of ``extend --json``."""
    folder = learned_folder(shift.settings.data, shift.job.id)
    bundle = load_model(folder).bundle
    report = json.loads((folder / REPORT).read_text("utf-8"))
    model = {"name": learned_name(bundle.id), "id": bundle.id, "version": bundle.version}
    return {"file": shift.job.options["type"], "ok": True, "model": model, "report": report}
