"""Commands whose options are the settings: made from their declaration, so that there is no second list of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from cli.errors import exit_codes
from cli.logging_setup import set_up_logging
from topologies.describe import default_of, type_of
from topologies.settings import Settings
from topologies.sources import load_settings, option_of, variable_of

KAFKA: Final = ("brokers", "topic_prefix")
REGISTRY: Final = ("schema_registry", "schema_registry_user", "schema_registry_password")
LOGGING: Final = ("log_level", "log_format")
EVERY: Final = tuple(Settings.model_fields)

_PANEL: Final = "Settings (also in the environment and in a file)"


@dataclass(frozen=True, slots=True)
class Command:
    """A command that takes settings.

    ``function`` gets a ``Configuration`` as its parameter ``configuration``; its docstring is the help. Every setting is an option of
    every command, so that one set of options fits all; help shows those in ``uses``. ``examples`` end the help, a line each.
    """

    function: Callable[..., None]
    uses: Collection[str] = ()
    examples: str = ""

    def add_to(self, app: typer.Typer, name: str) -> None:
        """Make it a command of ``app``."""
        function = self.function

        @functools.wraps(function)
        def run(config: Path | None = None, **given: Any) -> None:  # noqa: ANN401 - whatever options the function has
            options = {setting: given.pop(setting) for setting in EVERY}
            with exit_codes():
                configuration = load_settings({setting: value for setting, value in options.items() if value is not None}, config)
                set_up_logging(configuration.settings.log_level, configuration.settings.log_format)
                function(configuration=configuration, **given)

        _give_options(run, function, self.uses)
        app.command(name, epilog=_epilog(self.examples))(run)


def _give_options(run: Callable[..., None], function: Callable[..., None], uses: Collection[str]) -> None:
    hints = get_type_hints(function, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "configuration"
    ]
    parameters = [*own, _config_option(hidden=not uses), *(_setting_option(name, hidden=name not in uses) for name in EVERY)]
    del run.__wrapped__  # type: ignore[attr-defined] # typer would read the parameters of the function within
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


def _config_option(*, hidden: bool) -> inspect.Parameter:
    option = typer.Option("--config", envvar=variable_of("config"), help="TOML file with settings", rich_help_panel=_PANEL, hidden=hidden)
    return inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[Path | None, option])


def _setting_option(name: str, *, hidden: bool) -> inspect.Parameter:
    info = Settings.model_fields[name]
    option = typer.Option(
        option_of(name),
        help=info.description,
        metavar=_metavar(type_of(info)),
        show_default=default_of(info) or False,
        rich_help_panel=_PANEL,
        hidden=hidden,
    )
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option])


def _metavar(kind: str) -> str:
    return kind.replace(" or ", "|") if " or " in kind else kind.split(" of ", maxsplit=1)[0].upper()


def _epilog(examples: str) -> str:
    lines = [line.strip() for line in examples.strip().splitlines()]
    return "\n\n".join(["Examples:", *lines]) if lines else ""


TIMEOUT = Annotated[
    float, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="How long to wait for a broker to answer; exit code 3 after that")
]
"""The parameter of every command that talks to Kafka."""
