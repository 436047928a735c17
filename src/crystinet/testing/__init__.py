"""What every extension must keep to, as test classes to inherit; needs pytest.

crystinet itself never imports this package. `ReaderContract` is for readers of file formats.
"""

import pytest

# Before the import below: a failure then shows the values that were compared.
pytest.register_assert_rewrite("crystinet.testing.reader_contract")

from crystinet.testing.reader_contract import ReaderContract  # noqa: E402

__all__ = ["ReaderContract"]
