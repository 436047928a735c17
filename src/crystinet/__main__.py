"""``python -m crystinet`` is the ``crystinet`` command."""

from crystinet.app.cli import main

main()
