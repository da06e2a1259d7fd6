"""A search space in words: each hyperparameter with its default, its range and its condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class SpaceEntry:
    """One hyperparameter of a search space.

    Args:
        own: one of zoo's, the same for every architecture; only these have a summary.
        searched: what a search tries, in words; None: it is not searched, but may be set.
        condition: when it has an effect, in words; None: always.
    """

    name: str
    default: object
    searched: str | None
    condition: str | None
    own: bool
    summary: str


def entries_of(space: Mapping[str, Any]) -> tuple[SpaceEntry, ...]:
    """The hyperparameters of a space as `keras_tuner.HyperParameters.get_config` returns it."""
    return tuple(_entry(kind["class_name"], kind["config"]) for kind in space["space"])


def without_held(space: Mapping[str, Any]) -> dict[str, Any]:
    """The space without conditions that always hold, because what they ask about is held."""
    held = {
        one["config"]["name"]: one["config"]["value"]
        for one in space["space"]
        if one["class_name"] == "Fixed"
    }

    def always(condition: Mapping[str, Any]) -> bool:
        name, values = condition["config"]["name"], condition["config"]["values"]
        return name in held and held[name] in values

    return {
        "space": [
            {
                **one,
                "config": {
                    **one["config"],
                    "conditions": [each for each in one["config"]["conditions"] if not always(each)],
                },
            }
            for one in space["space"]
        ]
    }


def _entry(kind: str, config: Mapping[str, Any]) -> SpaceEntry:
    name = config["name"]
    conditions = [condition["config"] for condition in config["conditions"]]
    unless = [f"{one['name']}={' or '.join(map(_shown, one['values']))}" for one in conditions]
    return SpaceEntry(
        name=name,
        default=config["value"] if kind == "Fixed" else _default(kind, config),
        searched=_range(kind, config),
        condition=" and ".join(unless) or None,
        own=name in OWN,
        summary=OWN[name].summary if name in OWN else "",
    )


def _default(kind: str, config: Mapping[str, Any]) -> object:
    """Keras Tuner leaves a default that nobody gave out: the first choice, the least number."""
    if config["default"] is not None:
        return config["default"]
    return config["values"][0] if kind == "Choice" else config["min_value"]


def _range(kind: str, config: Mapping[str, Any]) -> str | None:
    if kind == "Fixed":
        return None
    if kind == "Boolean":
        return "True, False"
    if kind == "Choice":
        return ", ".join(map(_shown, config["values"]))
    step = f", step {config['step']}" if config["step"] not in (None, 1) else ""
    scale = ", log" if config["sampling"] == "log" else ""
    return f"{config['min_value']:g} to {config['max_value']:g}{step}{scale}"


def _shown(value: object) -> str:
    return "''" if value == "" else str(value)
