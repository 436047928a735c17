"""``python -m crystinet`` is the ``crystinet`` command."""

from crystinet.cli import main

main()
