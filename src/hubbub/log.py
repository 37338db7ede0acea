"""The log: one line an event, JSON for machines or readable on a terminal. Never a password, token or message text."""

import logging
import sys

import structlog


def configure(form: str, level: str) -> None:
    """`form` is auto, json or console; `level` the least that is worth a line. Lines go to standard error."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    threshold = getattr(logging, level.upper())
    renderer: list[structlog.typing.Processor] = (
        # A traceback without local variables: those hold what must not be logged.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries that log do so through the standard module: only what is wrong is of interest.
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", force=True
    )
