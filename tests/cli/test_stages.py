"""Progress bars, as text on a narrow terminal."""

import io
import re

from rich.console import Console

from crystinet.cli.stages import StageBars


def shown(*, done: int, width: int) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None)
    with StageBars(console=console) as bars:
        bars("training", 500_000, 1_000_000, note="loss 2.000, top-1 0.500")
        bars("training", done, 1_000_000, note="loss 0.402, top-1 0.943, validation 0.927, 300/s")
    return stream.getvalue()


def test_loss_accuracy_and_time_left_fit_eighty_columns() -> None:
    lines = shown(done=510_000, width=80).splitlines()
    bar = next(line for line in reversed(lines) if "510000/1000000" in line)
    assert re.search(r"\d:\d\d:\d\d ETA [-\d]:", bar)
    assert "…" not in "".join(lines)
    assert any("training: loss 0.402, top-1 0.943, validation 0.927, 300/s" in x for x in lines)


def test_a_finished_stage_has_no_note() -> None:
    text = shown(done=1_000_000, width=100)
    assert "1000000/1000000" in text
    assert "loss 0.402" not in text[text.rindex("1000000/1000000") :]


def test_without_a_stage_nothing_is_shown() -> None:
    stream = io.StringIO()
    with StageBars(console=Console(file=stream)):
        pass
    assert stream.getvalue() == ""


def test_a_stage_of_one_piece_is_done_at_the_end() -> None:
    stream = io.StringIO()
    with StageBars(console=Console(file=stream, width=80, force_terminal=True)) as bars:
        bars("fit", 0, 1, note="Rutile-TiO2")
    assert "1/1" in stream.getvalue()
