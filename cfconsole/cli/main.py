"""The entry point. Heavy modules are imported by the commands that need them."""

from __future__ import annotations

import os
import sys

import click

from cfconsole.cli.command_list import LazyCommandGroup
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options


@click.group(
    cls=LazyCommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Keys, configuration and the roles each feature needs are in the README.",
)
@global_options
@click.option("--service", metavar="NAME", default="", help="Open the console on this service.")
@click.version_option(package_name="cfconsole", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, service: str) -> None:
    """A console for Cloud Run services and 2nd-gen functions. Without a command the full-screen console opens."""
    if context.invoked_subcommand is None:
        from cfconsole.cli.console.run import open_console

        context.exit(open_console(context, service))


def main() -> None:
    """Runs one command and exits with its code."""
    # gRPC would log to stderr, over the screen.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    _fill_streams()
    try:
        code = cli.main(prog_name="cfconsole", standalone_mode=False)
    except Stop as stop:
        stop.show()
        code = stop.code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except OSError as error:
        Stop(f"{error.strerror or error}: {error.filename or 'an operation of this machine'}.").show()
        code = Exit.FAILED
    sys.exit(int(code or 0))


def _fill_streams() -> None:
    """Opens /dev/null for closed streams (`>&-`): otherwise the next file that is opened gets their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


if __name__ == "__main__":
    main()
