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

    Given = Mapping[str, HyperparameterValue]

BOOKKEEPING = "tuner/"  # Keras Tuner's own names begin so


def join(spaces: Mapping[str, HyperParameters]) -> HyperParameters:
    """The space of all these architectures; that of a single one is given back unchanged.

    The first hyperparameter is `architecture`. zoo's own that all spaces declare alike come once. All others are named
    `NAME/hyperparameter` and have an effect with `architecture=NAME` alone.
    """
    if len(spaces) == 1:
        return next(iter(spaces.values()))
    plain = {name: read(space) for name, space in spaces.items()}
    shared = _declared_alike(list(plain.values()))
    names = tuple(spaces)
    joint: list[Hyperparameter] = [Choice(ARCHITECTURE, names[0], values=names)]
    # Shared ones come before the rest: a condition's hyperparameter must be declared before what it switches on.
    joint += [hp for hp in plain[names[0]].hyperparameters if hp.name in shared]
    for architecture, own in plain.items():
        joint += [_under(architecture, hp, shared) for hp in own.hyperparameters if hp.name not in shared]
    space = restore(Space(tuple(joint)).to_config())
    fill_in(space)
    return space


def part(values: Given, architectures: Sequence[str]) -> tuple[str, Values]:
    """The architecture of a choice from the joint space, and its hyperparameters under their plain names.

    Keras Tuner's own `tuner/…` names are left out.
    """
    chosen = {name: value for name, value in values.items() if not name.startswith(BOOKKEEPING)}
    if len(architectures) == 1:
        return architectures[0], chosen
    architecture = str(chosen.pop(ARCHITECTURE))
    return architecture, {name.removeprefix(f"{architecture}/"): value for name, value in chosen.items()}


def whole(architecture: str, values: Given, architectures: Sequence[str]) -> Values:
    """The inverse of `part`: a choice from the joint space. zoo's own hyperparameters keep their plain names."""
    if len(architectures) == 1:
        return dict(values)
    names = {name: name if name in OWN else f"{architecture}/{name}" for name in values}
    return {ARCHITECTURE: architecture, **{names[name]: value for name, value in values.items()}}


def given_to(architecture: str, given: Given) -> Values:
    """What is given to this architecture, under plain names: `resnet/depth` is for resnet alone, before `depth`."""
    prefix = f"{architecture}/"
    plain = {name: value for name, value in given.items() if not name.startswith(prefix)}
    own = {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}
    return {**plain, **own}


def fix_each(
    spaces: Mapping[str, HyperParameters], given: Given
) -> tuple[dict[str, HyperParameters], Values]:
    """Hold hyperparameters at given values in each architecture that declares them.

    Args:
        given: `depth` is for every architecture that declares it, `resnet/depth` for resnet alone.

    Returns:
        The spaces, and what is held in them, under the names of the joint space.

    Raises:
        UnknownNameError: no architecture declares a name.
        HyperparameterError: a value is out of range.
    """
    _refuse_unknown(spaces, given)
    held = {name: _checked(name, space, given, len(spaces) > 1) for name, space in spaces.items()}
    fixed = {name: fix(space, held[name]) for name, space in spaces.items()}
    if len(spaces) == 1:
        return fixed, next(iter(held.values()))
    shared = _declared_alike([read(space) for space in fixed.values()])
    joint = {
        _joint_name(architecture, name, shared): value
        for architecture, values in held.items()
        for name, value in values.items()
    }
    return fixed, joint


def _declared_alike(spaces: Sequence[Space]) -> set[str]:
    """Names of zoo's own hyperparameters that each space declares once, alike and without a condition."""
    declared = [_by_name(space) for space in spaces]
    return {
        name
        for name, same in declared[0].items()
        if name in OWN
        and len(same) == 1
        and not same[0].conditions
        and all(other.get(name) == same for other in declared)
    }


def _by_name(space: Space) -> dict[str, list[Hyperparameter]]:
    """One name may be declared several times, under conditions that exclude each other."""
    declared: dict[str, list[Hyperparameter]] = {}
    for hp in space.hyperparameters:
        declared.setdefault(hp.name, []).append(hp)
    return declared


def _joint_name(architecture: str, name: str, shared: set[str]) -> str:
    return name if name in shared else f"{architecture}/{name}"


def _under(architecture: str, hp: Hyperparameter, shared: set[str]) -> Hyperparameter:
    """The same hyperparameter under its joint name, switched on by its architecture."""
    own = (replace(one, name=_joint_name(architecture, one.name, shared)) for one in hp.conditions)
    return replace(
        hp,
        name=_joint_name(architecture, hp.name, shared),
        conditions=(Condition(ARCHITECTURE, (architecture,)), *own),
    )


def _refuse_unknown(spaces: Mapping[str, HyperParameters], given: Given) -> None:
    names = {architecture: {hp.name for hp in space.space} for architecture, space in spaces.items()}
    anywhere = set().union(*names.values())
    for name in given:
        architecture, _, plain = name.partition("/")
        if name in anywhere or plain in names.get(architecture, ()):
            continue
        known = (
            {f"{architecture}/{one}" for one in names[architecture]} if architecture in names else anywhere
        )
        raise UnknownNameError("hyperparameter", name, known)


def _checked(architecture: str, space: HyperParameters, given: Given, several: bool) -> Values:
    declared = {hp.name for hp in space.space}
    own = {name: value for name, value in given_to(architecture, given).items() if name in declared}
    try:
        return check(space, own)
    except HyperparameterError as error:
        # Which of them refuses it is not in the message of a space that knows of no other.
        raise HyperparameterError(
            f"architecture '{architecture}': {error}" if several else str(error)
        ) from None
