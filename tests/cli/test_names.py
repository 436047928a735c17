"""Control characters in names of files, members and samples: no terminal and no page gets them."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.text import Text

import crystinet
from crystinet.cli.tables import make_console
from crystinet.core.errors import UnreadableFileError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.plain import printable, printable_line
from crystinet.patterns.metadata import Metadata

Write = Callable[..., Path]
#: Clears a screen, hides text, ends a line, sets a title, turns the direction of writing around.
EVIL = "a\x1b[2J\x1b[8mb\rc\x1b]0;t\x07d\u202ee\x9bf\x7f\u2028g"


def is_clean(text: str) -> bool:
    return all(sign.isprintable() or sign == "\n" for sign in text)


def test_printable_text_stays_and_everything_else_is_an_escape() -> None:
    assert printable("größe 2θ – α\n2") == "größe 2θ – α\n2"
    assert printable("a\x1b[31m\x9b\u202e") == r"a\x1b[31m\x9b\u202e"
    assert printable("\udcff") == r"\udcff"  # a byte of a file name that is no text
    assert printable_line("a\nb") == r"a\nb"
    assert is_clean(printable(EVIL))


def test_errors_notes_and_names_of_patterns_hold_none() -> None:
    error = UnreadableFileError(f"{EVIL} cannot be read.", hint=f"Rename {EVIL}.")
    assert is_clean(error.message)
    assert is_clean(error.hint)
    assert is_clean(str(error))
    assert is_clean(Note(NoteCode.READER_REMARK, EVIL).text)
    pattern = crystinet.Pattern.from_arrays([20.0, 20.1], [1.0, 2.0], name=EVIL)
    assert is_clean(pattern.name)
    assert "\n" not in crystinet.Pattern.from_arrays([20.0, 20.1], [1, 2], name="a\nb").name
    assert is_clean(Metadata.of(sample=EVIL)["sample"])  # type: ignore[arg-type]


def test_tables_show_escapes() -> None:
    out = io.StringIO()
    console = make_console(out)
    console.print(Text(EVIL))
    console.print(EVIL)
    assert is_clean(out.getvalue())
    assert r"\x1b[2J" in out.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="such names are impossible there")
@pytest.mark.parametrize("options", [(), ("--csv",)])
def test_a_file_with_an_evil_name(
    pattern_file: Write, bundle_folder: Path, options: tuple[str, ...]
) -> None:
    name = EVIL.replace("\u2028", "")
    good, bare = pattern_file(f"{name}.xy"), pattern_file(f"{name}-bare.xy", header="")
    broken = good.with_name(f"{name}\n.xy")
    broken.write_text("Dear colleague")
    files = (good, bare, broken, good.with_name(f"{name}.gone"))
    done = subprocess.run(
        [sys.executable, "-m", "crystinet", "identify", *files, *options, "--model", bundle_folder],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    for stream in (done.stdout, done.stderr):
        assert is_clean(stream.decode()), stream
    assert rb"\x1b[2J" in done.stdout


def test_members_of_an_archive_with_evil_names(tmp_path: Path, bundle_folder: Path) -> None:
    path = tmp_path / "scans.brml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"Experiment0/{EVIL}.xml", "<a>")
        archive.writestr("Experiment0/RawData0.xml", f"<RawData><{EVIL}></RawData>")
    done = subprocess.run(
        [sys.executable, "-m", "crystinet", "identify", path, "--json", "--model", bundle_folder],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert is_clean(done.stderr.decode())
    (entry,) = json.loads(done.stdout)["results"]
    assert is_clean(entry["error"]["message"])


def test_names_in_a_page_of_figures(tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    from crystinet.report.evaluation.page import PAGE, write_report

    write_report(tmp_path, [], title=EVIL, provenance={EVIL: EVIL}, notes=[EVIL])
    assert is_clean((tmp_path / PAGE).read_text("utf-8"))
