"""Log lines on standard error, ours and those of the libraries in one form: for people on a terminal, JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog
from structlog.types import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
)

_LIBRARIES: Final = ("aiokafka", "faust", "mode", "httpx")
_SERVICE: Final = "[^"
"""Lines of Faust's services begin with their tree; ours among them log under the name of their module."""


def set_up_logging(level: str, form: str) -> None:
    """Send everything to standard error.

    Args:
        level: least severe level that is shown, ``debug`` to ``error``.
        form: ``console``, ``json``, or ``auto``: console if standard error is a terminal.
    """
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=_renderers(console=console)))
    handler.addFilter(_of_interest)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _of_interest(record: logging.LogRecord) -> bool:
    """What the libraries below a worker do is told at the level debug only; what goes wrong there always is."""
    told = record.levelno >= logging.WARNING or logging.getLogger().isEnabledFor(logging.DEBUG)
    return told or not (record.name.startswith(_LIBRARIES) or str(record.msg).startswith(_SERVICE))


def _renderers(*, console: bool) -> list[Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    # No local variables in traces: they are customers' records, a megabyte an error, and perhaps a password.
    if console:
        formatter = structlog.dev.RichTracebackFormatter(show_locals=False)
        return [strip, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=formatter)]
    transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [strip, structlog.processors.ExceptionRenderer(transformer), structlog.processors.JSONRenderer()]
