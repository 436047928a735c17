"""Plain data as JSON has it: no NaN, no tuples, ASCII."""

import json
import math
from typing import Any

Document = dict[str, Any]


def json_text(document: Document) -> str:
    """Write a document, in ASCII so that every terminal and locale takes it."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Copy nested data with null where a number is not finite, and lists for tuples."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return number(value) if isinstance(value, float) else value


def number(value: float) -> float | None:
    """Round to six decimals for the reader's sake; None where JSON has no such number."""
    return round(float(value), 6) if math.isfinite(value) else None
