"""The tools over the Model Context Protocol, on standard input and output."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from crystinet.agent.tools import Tools
from crystinet.app.outcome import internal_fault
from crystinet.app.refine import MOST_PHASES
from crystinet.core.errors import CrystinetError
from crystinet.core.version import __version__

T = TypeVar("T")

_ABOUT = """Structure type of an unknown compound from one powder X-ray diffraction pattern.
Begin with `files`, then `identify`. The verdict says whether to believe the first candidate:
"known" believe it; "uncertain" compare the candidates; "unknown" probably none of the 91 types
that it is about, but perhaps one of the `further` ones, which is to be believed where it is
`known` itself. Tell people the `sentence`; `probability` is that among all types.
`explain` and `refine` test a candidate; only a fit that is verified proves a type. A wavelength
that was assumed is a common cause of wrong answers: ask which X-ray tube was used."""

Path = Annotated[str, Field(description="ROOT/what/is/below.xy, as `files` lists it.")]
Wavelength = Annotated[
    str | None, Field(description="Angstrom or anode (Cu, Mo, Co), where the file does not say it.")
]
Elements = Annotated[
    list[str] | None, Field(description="Symbols of the sample's elements, where known.")
]
Formula = Annotated[str | None, Field(description="Of the sample, where known: SrTiO3.")]
TypeName = Annotated[str | None, Field(description="Structure type; the answer unless given.")]


def make_server(tools: Tools) -> MCPServer:
    """A server with all tools."""
    server = MCPServer("crystinet", instructions=_ABOUT, version=__version__)

    def told(work: Callable[[], T]) -> T:
        return _told(work, named=tools.named)

    @server.tool()
    def files(root: str | None = None) -> dict[str, Any]:
        """List pattern and CIF files that can be asked about."""
        return told(lambda: tools.files(root))

    @server.tool()
    def identify(
        path: Path,
        wavelength: Wavelength = None,
        elements: Elements = None,
        formula: Formula = None,
        fit: Annotated[
            bool, Field(description="Also fit the first three to the whole pattern: seconds.")
        ] = False,
        beyond: Annotated[
            bool,
            Field(description="Also find the lattice where the type is unknown: seconds."),
        ] = False,
    ) -> dict[str, Any]:
        """Rank the structure types that the patterns of a file may have, with a verdict."""
        return told(
            lambda: tools.identify(
                path,
                wavelength=wavelength,
                elements=elements,
                formula=formula,
                fit=fit,
                beyond=beyond,
            )
        )

    @server.tool()
    def explain(
        path: Path,
        type: TypeName = None,
        wavelength: Wavelength = None,
        elements: Elements = None,
    ) -> dict[str, Any]:
        """Say what the place of a candidate rests on: which lines it has and which it has not."""
        return told(
            lambda: tools.explain(path, type=type, wavelength=wavelength, elements=elements)
        )

    @server.tool()
    def refine(
        path: Path,
        type: TypeName = None,
        formula: Formula = None,
        elements: Elements = None,
        phases: Annotated[int, Field(ge=1, le=MOST_PHASES, description="Of the sample.")] = 1,
        wavelength: Wavelength = None,
    ) -> dict[str, Any]:
        """Fit the whole pattern with a structure type, and say whether that proves it."""
        return told(
            lambda: tools.refine(
                path,
                type=type,
                formula=formula,
                elements=elements,
                phases=phases,
                wavelength=wavelength,
            )
        )

    @server.tool()
    def assign(path: Path) -> dict[str, Any]:
        """Find the structure type of a known crystal structure, a CIF file."""
        return told(lambda: tools.assign(path))

    @server.tool()
    def types(
        search: Annotated[
            str | None, Field(description="Name, mineral, formula, Pearson symbol or ANX formula.")
        ] = None,
    ) -> dict[str, Any]:
        """List structure types of the catalogue."""
        return told(lambda: tools.types(search))

    @server.tool()
    def nearest(path: Path, wavelength: Wavelength = None) -> dict[str, Any]:
        """Find known compounds with patterns like it, and a lattice, for the best candidates."""
        return told(lambda: tools.nearest(path, wavelength=wavelength))

    @server.resource("crystinet://answers/{id}", mime_type="application/json")
    def whole(id: str) -> str:
        """A whole answer as JSON, with all numbers and curves."""
        return tools.whole(id)

    return server


def _told(work: Callable[[], T], *, named: Callable[[str], str]) -> T:
    """Do the work of a tool; an error is told with its hint, never with a traceback."""
    try:
        return work()
    except CrystinetError as error:
        raise ToolError(named(f"{error.message} Hint: {error.hint}")) from error
    except Exception as fault:
        told = internal_fault(fault)
        raise ToolError(named(f"{told.message} Hint: {told.hint}")) from fault
