"""The options of `zoo search` that say where its trials run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from zoo.cli.number_types import NumberRange, WholeRange
from zoo.cli.options import gathered

if TYPE_CHECKING:
    from zoo.search.executors.ray_cluster import Cluster

CLUSTER_NAMES = ("workers", "ray", "cpus_per_trial", "gpus_per_trial")

_OPTIONS = (
    click.option(
        "--workers",
        type=WholeRange(1),
        metavar="N",
        help="Run N trials at once, on Ray.  [default: one after another, in this process]",
    ),
    click.option("--ray", metavar="ADDRESS", help="Run trials on this Ray cluster, such as 10.0.0.1:6379."),
    click.option(
        "--cpus-per-trial",
        type=NumberRange(0),
        default=1.0,
        show_default=True,
        help="CPUs that a trial on Ray gets.",
    ),
    click.option(
        "--gpus-per-trial",
        type=NumberRange(0),
        default=0.0,
        show_default=True,
        help="GPUs that a trial on Ray gets; 0.5: two trials share one.",
    ),
)


cluster_options = gathered("cluster", CLUSTER_NAMES, _OPTIONS)
"""Add the options; the command gets them as `cluster`, for `make_cluster`."""


def make_cluster(cluster: dict[str, Any]) -> Cluster | None:
    """Return the Ray cluster of the options; None: trials run on this machine without Ray.

    Raises:
        SearchError: Ray is not installed, or see `zoo.search.executors.ray_cluster.Cluster`.
    """
    from zoo.search.executors.ray_cluster import Cluster, require_ray

    if cluster["workers"] is None and cluster["ray"] is None:
        return None
    require_ray()
    return Cluster(
        address=cluster["ray"],
        workers=cluster["workers"],
        cpus_per_trial=cluster["cpus_per_trial"],
        gpus_per_trial=cluster["gpus_per_trial"],
    )
