"""`python -m cfconsole`."""

from cfconsole.cli.main import main

main()
