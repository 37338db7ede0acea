"""The log: one line per event, JSON or readable. Never a password, a token or a message's text."""

import logging
import os
import sys
from contextlib import suppress

import structlog

from hubbub.masking import masked


def configure(form: str, level: str) -> None:
    """`form`: auto, json or console; `level`: the lowest that is logged. Lines go to standard error."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    threshold = getattr(logging, level.upper())
    renderer: list[structlog.typing.Processor] = (
        # A traceback without local variables: those hold what must not be logged.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.format_exc_info, _mask, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _add_process,
            *([_mask] if console else []),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(_Lines()),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    # Libraries that log do so through the standard module: only what is wrong is of interest.
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", force=True
    )


def _add_process(logger: object, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Which of several processes it was."""
    line["pid"] = os.getpid()
    return line


def _mask(logger: object, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Errors of database drivers contain URLs with passwords."""
    return {name: masked(value) if isinstance(value, str) else value for name, value in line.items()}


class _Lines:
    """Standard error. Nobody reading the log must not stop a server, or keep it from ending well."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()
