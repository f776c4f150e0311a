"""The program: `cfconsole`, and `python -m cfconsole`."""

import gc


def main() -> None:
    """Runs one command and exits with its code."""
    # Collecting while modules are loaded costs the first frame 3 ms, and the event loop 50 ms and more once Google's
    # clients come; see `resume_collection`.
    gc.disable()
    from cfconsole.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
