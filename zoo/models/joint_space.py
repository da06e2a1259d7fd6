"""One search space of several architectures, in which the architecture is a hyperparameter like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zoo.errors import HyperparameterError, UnknownNameError
from zoo.interfaces.spaces import ARCHITECTURE, Choice, Condition, Space
from zoo.models.hyperparameters import OWN
from zoo.models.space import Values, check, fill_in, fix, read, restore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from keras_tuner import HyperParameters

    from zoo.interfaces import HyperparameterValue
    from zoo.interfaces.spaces import Hyperparameter

    Options = Mapping[str, HyperparameterValue]

BOOKKEEPING = "tuner/"  # prefix of Keras Tuner's own names


def join(spaces: Mapping[str, HyperParameters]) -> HyperParameters:
    """Return the space of all these architectures; that of a single one unchanged.

    The first hyperparameter is `architecture`. zoo's own hyperparameters that all spaces declare alike appear once. All
    others are named `NAME/hyperparameter` and are active only with `architecture=NAME`.
    """
    if len(spaces) == 1:
        return next(iter(spaces.values()))
    plain = {name: read(space) for name, space in spaces.items()}
    shared = _declared_alike(list(plain.values()))
    names = tuple(spaces)
    joint: list[Hyperparameter] = [Choice(ARCHITECTURE, names[0], values=names)]
    # Shared ones come before the rest: a condition's hyperparameter must be declared before what it switches on.
    joint += [hp for hp in plain[names[0]].hyperparameters if hp.name in shared]
    for architecture, space in plain.items():
        joint += [_under(architecture, hp, shared) for hp in space.hyperparameters if hp.name not in shared]
    joined = restore(Space(tuple(joint)).to_config())
    fill_in(joined)
    return joined


def from_joint(values: Options, architectures: Sequence[str]) -> tuple[str, Values]:
    """Return the architecture in these values of the joint space, and its hyperparameters under their plain names.

    Keras Tuner's own `tuner/…` names are left out.
    """
    chosen = {name: value for name, value in values.items() if not name.startswith(BOOKKEEPING)}
    if len(architectures) == 1:
        return architectures[0], chosen
    architecture = str(chosen.pop(ARCHITECTURE))
    return architecture, {name.removeprefix(f"{architecture}/"): value for name, value in chosen.items()}


def to_joint(architecture: str, values: Options, architectures: Sequence[str]) -> Values:
    """Return values of the joint space: the inverse of `from_joint`. zoo's own hyperparameters keep their names."""
    if len(architectures) == 1:
        return dict(values)
    names = {name: name if name in OWN else f"{architecture}/{name}" for name in values}
    return {ARCHITECTURE: architecture, **{names[name]: value for name, value in values.items()}}


def options_for(architecture: str, options: Options) -> Values:
    """Return the options of this architecture under plain names; `resnet/depth` takes precedence over `depth`."""
    prefix = f"{architecture}/"
    plain = {name: value for name, value in options.items() if not name.startswith(prefix)}
    own = {name.removeprefix(prefix): value for name, value in options.items() if name.startswith(prefix)}
    return {**plain, **own}


def fix_each(
    spaces: Mapping[str, HyperParameters], options: Options
) -> tuple[dict[str, HyperParameters], Values]:
    """Fix hyperparameters in each architecture that declares them.

    Args:
        options: `depth` is for every architecture that declares it, `resnet/depth` for resnet alone.

    Returns:
        The spaces, and the fixed values under the names of the joint space.

    Raises:
        UnknownNameError: no architecture declares a name.
        HyperparameterError: a value is out of range.
    """
    _refuse_unknown(spaces, options)
    several = len(spaces) > 1
    values_of = {name: _checked(name, space, options, several) for name, space in spaces.items()}
    fixed = {name: fix(space, values_of[name]) for name, space in spaces.items()}
    if not several:
        return fixed, next(iter(values_of.values()))
    shared = _declared_alike([read(space) for space in fixed.values()])
    joint = {
        _joint_name(architecture, name, shared): value
        for architecture, values in values_of.items()
        for name, value in values.items()
    }
    return fixed, joint


def _declared_alike(spaces: Sequence[Space]) -> set[str]:
    """Names of zoo's own hyperparameters that each space declares once, alike and without a condition."""
    declared = [_by_name(space) for space in spaces]
    return {
        name
        for name, declarations in declared[0].items()
        if name in OWN
        and len(declarations) == 1
        and not declarations[0].conditions
        and all(other.get(name) == declarations for other in declared)
    }


def _by_name(space: Space) -> dict[str, list[Hyperparameter]]:
    """Return the declarations of each name, which may be several under conditions that exclude each other."""
    declared: dict[str, list[Hyperparameter]] = {}
    for hp in space.hyperparameters:
        declared.setdefault(hp.name, []).append(hp)
    return declared


def _joint_name(architecture: str, name: str, shared: set[str]) -> str:
    return name if name in shared else f"{architecture}/{name}"


def _under(architecture: str, hp: Hyperparameter, shared: set[str]) -> Hyperparameter:
    """Return the hyperparameter under its joint name, active only with its architecture."""
    conditions = (
        replace(condition, name=_joint_name(architecture, condition.name, shared))
        for condition in hp.conditions
    )
    return replace(
        hp,
        name=_joint_name(architecture, hp.name, shared),
        conditions=(Condition(ARCHITECTURE, (architecture,)), *conditions),
    )


def _refuse_unknown(spaces: Mapping[str, HyperParameters], options: Options) -> None:
    names = {architecture: {hp.name for hp in space.space} for architecture, space in spaces.items()}
    anywhere = set().union(*names.values())
    for option in options:
        architecture, _, plain = option.partition("/")
        if option in anywhere or plain in names.get(architecture, ()):
            continue
        available = (
            {f"{architecture}/{name}" for name in names[architecture]} if architecture in names else anywhere
        )
        raise UnknownNameError("hyperparameter", option, available)


def _checked(architecture: str, space: HyperParameters, options: Options, several: bool) -> Values:
    declared = {hp.name for hp in space.space}
    own = {name: value for name, value in options_for(architecture, options).items() if name in declared}
    try:
        return check(space, own)
    except HyperparameterError as error:
        # The space does not know the name of its architecture.
        raise HyperparameterError(
            f"architecture '{architecture}': {error}" if several else str(error)
        ) from None
