"""`python -m hubbub`."""

from hubbub.server.cli import main

main()
