"""`zoo best`: the best model for a dataset."""

from __future__ import annotations

import click

from zoo.cli.app import App, pass_app
from zoo.cli.describe import model_fields
from zoo.cli.number_types import NumberRange, WholeRange
from zoo.cli.options import dataset_argument, json_option
from zoo.cli.output import print_fields, print_json
from zoo.interfaces.decimals import whole_number
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, METRICS, PREFIXES


def _version(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | str | None:
    if value is None or value == "all":
        return value
    try:
        return whole_number(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is neither a number nor all") from None


@click.command()
@dataset_argument
@click.option(
    "--metric",
    default=DEFAULT_OBJECTIVE.name,
    show_default=True,
    help=f"A validation metric: {', '.join(row.name for row in METRICS.values() if row.of_split)}.",
)
@click.option("--architecture", metavar="ARCH", help="Only models of this architecture.")
@click.option("--max-params", type=WholeRange(1), metavar="N", help="Only models of at most N parameters.")
@click.option("--max-size", type=NumberRange(0), metavar="MB", help="Only models of at most MB megabytes.")
@click.option(
    "--version",
    metavar="N|all",
    callback=_version,
    help="Only models of this version of the dataset, or of all.  [default: the newest]",
)
@json_option
@pass_app
def command(
    app: App,
    dataset: str,
    metric: str,
    architecture: str | None,
    max_params: int | None,
    max_size: float | None,
    version: int | str | None,
    as_json: bool,
) -> None:
    """Show the best model for DATASET.

    The best by a validation metric, on the newest version of the dataset; test metrics are shown, never
    selected on. Results of two versions are not mixed unless you ask for it, since their validation images differ.
    """
    with app.open_registry() as registry:
        model = registry.best(
            dataset,
            metric=metric,
            architecture=architecture,
            max_params=max_params,
            max_size_mb=max_size,
            version=version,
        )
    if as_json:
        print_json(model)
    else:
        print_fields(model_fields(model, metric=metric.removeprefix(PREFIXES["validation"])))
