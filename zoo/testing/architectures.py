"""The checks of an architecture. It imports Keras, so `zoo.testing` imports it only to run a check."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from zoo.errors import ContractError, ZooError
from zoo.models.heads import new_head
from zoo.models.hyperparameters import backbone_values
from zoo.models.layer_comparison import ADVICE, change_in, layers_of
from zoo.models.probabilities import describe_softmax
from zoo.models.space import check, choose
from zoo.testing.contract import NotBuilt, naming, some
from zoo.testing.imports import check_imports
from zoo.testing.networks import CLASSES, FIX, Networks
from zoo.testing.outputs import exports, predicts, reloads
from zoo.testing.training import frozen, trains

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.interfaces import Architecture, Hyperparameters
    from zoo.models.classifier import Classifier

FIVE_CLASSES = ("a", "b", "c", "d", "e")
STEPS = (2, 4, 8, 16, 32)  # between sizes, such as of patches, that are tried where not every size fits
LARGER = 13  # more pixels a side, at least; odd, so that sizes are not powers of two

_last: Networks | None = None


def networks_of(architecture: Architecture, hyperparameters: Hyperparameters) -> Networks:
    """Return the networks of an architecture, the same ones in calls for the same one, so that checks share them."""
    global _last  # noqa: PLW0603  only one, since networks are large
    if _last is None or _last.architecture is not architecture or _last.fixed != hyperparameters:
        _last = None  # frees the memory before new networks are built
        _last = Networks(architecture, hyperparameters)
    return _last


def _imports_without_tensorflow(networks: Networks) -> None:
    check_imports(networks.architecture.backbone, "zoo_architectures", networks.architecture.name)


def _builds(networks: Networks) -> None:
    architecture, hp = networks.architecture, choose(networks.space, {})
    larger = architecture.image_sizes.at_least(
        architecture.min_size + LARGER
    )  # the same where there is only one
    shapes = [(size, networks.channels) for size in dict.fromkeys((architecture.min_size, larger))]
    if architecture.channels is None:
        shapes.append((architecture.min_size, 1))
    for size, channels in shapes:
        try:
            classifier = networks.build(hp, size, channels)
        except ContractError as error:
            if (
                size != larger
                or architecture.sizes is not None
                or not (advice := _sizes_to_declare(networks))
            ):
                raise
            reason = str(error).removesuffix(f": {FIX}")
            raise ContractError(f"{reason}: {advice}") from error.__cause__
        if problem := describe_softmax(architecture, classifier.features):
            raise ContractError(problem)
        for names in (CLASSES, FIVE_CLASSES):
            output = new_head(classifier, hp, names).network.output_shape
            if output != (None, len(names)):
                raise ContractError(
                    f"for {len(names)} classes and images of {size}×{size}×{channels} the network returns "
                    f"{output}, not (None, {len(names)}): keep the batch as the first axis of the features"
                )


def _sizes_to_declare(networks: Networks) -> str:
    """Return advice with the smallest step of sizes for which the default network builds; empty if there is none."""
    smallest, hp = networks.architecture.min_size, choose(networks.space, {})
    for step in dict.fromkeys([step for step in STEPS if smallest % step == 0] + [smallest]):
        fits = smallest + step
        with suppress(ContractError):
            networks.build(hp, fits)
            sizes = f"sizes=zoo.Sizes(step={step})"
            return f"it builds for {fits}×{fits}; if only multiples of {step} fit, write {sizes} into its Architecture"
    return ""


def _builds_again(networks: Networks) -> None:
    again = layers_of(networks.again.network)
    if not change_in(layers_of(networks.classifier.network), again):
        return
    # The first build may be another one: see `zoo.models.layer_comparison.require_built_again`.
    if change := change_in(again, layers_of(networks.build_again(seed=2).network)):
        raise ContractError(f"{change}: {ADVICE}")


def _defaults(networks: Networks) -> None:
    defaults = choose(networks.explored, check(networks.explored, networks.fixed)).values
    try:
        checked = check(networks.explored, defaults)
    except ZooError as error:
        raise ContractError(f"a default is out of range: {error}: widen the range") from error
    changed = {name: value for name, value in checked.items() if value != defaults[name]}
    if changed:
        raise ContractError(f"a default is not of the right type: write {naming(changed)}")


def _presets(networks: Networks) -> None:
    for name in networks.architecture.presets:
        hp = networks.preset(name)
        try:
            networks.build(hp)
        except ContractError as error:
            raise ContractError(f"preset '{name}': {error}") from error.__cause__


def _draws(networks: Networks) -> None:
    built: dict[tuple[object, ...], Classifier] = {}
    for hp in networks.drawn():
        own = backbone_values(hp)
        if own in built:
            networks.build_head(built[own], hp)
        else:
            # Further heads need only the shape of the features, which this one keeps.
            built[own] = networks.build_head(networks.build(hp), hp)


def _freezes_at(networks: Networks) -> None:
    architecture = networks.architecture
    candidates = chain(
        [choose(networks.space, {}), networks.largest()],
        map(networks.preset, architecture.presets),
        networks.drawn(),
    )
    built: set[object] = set()
    for hp in candidates:
        missing = [point for point in architecture.freeze_points if point not in networks.stages]
        if not missing:
            return
        own = backbone_values(hp)
        if own not in built:
            networks.build(hp)
        built.add(own)
    if networks.stages and networks.options:  # another value of an option may be another network
        return
    raise ContractError(
        f"no network has a layer of the stage {some(missing)}: a stage is every layer whose name begins "
        "with the freeze point, not followed by a digit; rename the layers, or remove the freeze point"
    )


class _Check(NamedTuple):
    """A check of an architecture.

    Args:
        needs: checks without which it would only report the same fault in other words.
    """

    function: Callable[[Networks], None]
    needs: tuple[str, ...] = ()


_CHECKS: Mapping[str, _Check] = {
    "imports-without-tensorflow": _Check(_imports_without_tensorflow),
    "builds": _Check(_builds),
    "builds-again": _Check(_builds_again),
    "defaults": _Check(_defaults),
    "presets": _Check(_presets),
    "draws": _Check(_draws),
    "predicts": _Check(predicts),
    "trains": _Check(trains, ("predicts",)),
    "reloads": _Check(reloads, ("predicts", "trains")),
    "freezes-at": _Check(_freezes_at),
    "frozen": _Check(frozen, ("predicts", "trains", "reloads")),
    "exports": _Check(exports, ("predicts", "trains", "reloads")),
}


def _run(name: str, networks: Networks) -> None:
    """Run a check, unless one that it needs has failed for these networks."""
    check = _CHECKS[name]
    for need in check.needs:
        if need in networks.failed:
            raise NotBuilt(f"it needs a network that passes '{need}': see there")
    networks.failed.add(name)  # until it has passed
    check.function(networks)
    networks.failed.remove(name)


CHECKS: Mapping[str, Callable[[Networks], None]] = {name: partial(_run, name) for name in _CHECKS}
