"""Pictures as SVG that stands inside an HTML page."""

import io
import re
from xml.etree import ElementTree

from crystinet.report.evaluation.figure import Figure
from crystinet.report.evaluation.pictures import INK, STYLE

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


def inline_svg(figure: Figure) -> str:
    """The picture of a figure as an SVG element; empty where the figure has none.

    Names of parts get the key of the figure in front, so that those of several pictures do not
    meet in one page, and what is drawn in `pictures.INK` takes the colour of the page's text.
    """
    if figure.draw is None:
        return ""
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    with matplotlib.rc_context({**STYLE, "svg.hashsalt": figure.key}):
        canvas = Canvas(figsize=figure.size_inches, layout="constrained")
        figure.draw(canvas)
        data = io.BytesIO()
        canvas.savefig(data, format="svg", metadata={"Date": None, "Creator": None})
    return _for_page(data.getvalue(), key=figure.key, title=figure.title)


def _for_page(svg: bytes, *, key: str, title: str) -> str:
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own picture, of a moment ago
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            found = _rounded(value) if name == "d" else _prefixed(name, value, key)
            element.set(name, found.replace(INK, "currentColor"))
    width, height = (root.attrib.pop(side).removesuffix("pt") for side in ("width", "height"))
    root.set("style", f"width: {float(width) * 4.0 / 3.0:.0f}px; max-width: 100%; height: auto")
    root.set("viewBox", f"0 0 {width} {height}")
    root.set("role", "img")
    root.set("aria-label", title)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _prefixed(name: str, value: str, key: str) -> str:
    if name == "id":
        return f"{key}-{value}"
    if name.endswith("href") and value.startswith("#"):
        return f"#{key}-{value[1:]}"
    return re.sub(r"url\(#", f"url(#{key}-", value)


def _rounded(path: str) -> str:
    """A path with hundredths of a point: it looks the same and takes half of the room."""
    return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", path)
