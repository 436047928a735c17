"""Numbers with their standard uncertainties, as crystallographers write them: ``3.820(3)``."""

import math

_MOST_DIGITS = 9


def with_su(value: float, uncertainty: float, *, digits: int = 6) -> str:
    """A number with the standard uncertainty of its last digits in brackets.

    The uncertainty has two digits up to 19, else one: 0.00012 is written as (12), 0.003 as (3).

    Parameters
    ----------
    value, uncertainty
        In the same unit; without an uncertainty above 0 the number stands alone.
    digits
        Decimals of a number without uncertainty, trailing zeros left out.

    Examples
    --------
    >>> with_su(3.82, 0.0031), with_su(9.373552, 0.000123), with_su(1234.0, 35.0)
    ('3.820(3)', '9.37355(12)', '1230(40)')
    >>> with_su(90.0, 0.0)
    '90'
    """
    if not (math.isfinite(uncertainty) and uncertainty > 0.0 and math.isfinite(value)):
        text = f"{value:.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    places = 1 - math.floor(math.log10(uncertainty))  # decimals that leave two digits of it
    if round(uncertainty * 10.0**places) > 19:
        places -= 1
    if places > _MOST_DIGITS:
        return f"{value:.{_MOST_DIGITS}f}"
    last = round(uncertainty * 10.0**places)
    if places > 0:
        return f"{value:.{places}f}({last})"
    unit = 10**-places
    return f"{round(value / unit) * unit:d}({last * unit:d})"
