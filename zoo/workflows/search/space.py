"""The space that a search explores, and the trials that it begins with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from keras_tuner import HyperParameters

from zoo.errors import SearchError, ZooError
from zoo.interfaces.algorithms import ALGORITHMS
from zoo.interfaces.spaces import ARCHITECTURE
from zoo.models.building import space_builder
from zoo.models.exploration import explore
from zoo.models.hyperparameters import with_defaults
from zoo.models.joint_space import fix_each, from_joint, join, options_for, to_joint
from zoo.models.schedules import declare_schedules, freeze_depths
from zoo.models.space import check, choose, fill_in, fix, read
from zoo.search.warm_start import choose_prior
from zoo.training.fit import start_fresh
from zoo.workflows.parents import own_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces import (
        DatasetVersion,
        Hyperparameters,
        HyperparameterValue,
        Objective,
    )
    from zoo.workflows.parents import Parent
    from zoo.workflows.search.candidates import Candidate
    from zoo.workflows.workspace import Workspace

    Settings = dict[str, HyperparameterValue | None]


PRIOR_SHARE = 3  # of so many trials one has hyperparameters that are known from earlier searches …


MOST_PRIOR = 5  # … but no more than these


@dataclass(frozen=True)
class DeclaredSpace:
    """The search space of all candidates.

    Args:
        joint: what the algorithm searches.
        each: by name, that of a candidate alone.
        fixed: what is held, by its name in the joint space.
    """

    joint: HyperParameters
    each: Mapping[str, HyperParameters]
    fixed: Mapping[str, HyperparameterValue]


def declare_space(
    candidates: Sequence[Candidate],
    class_names: tuple[str, ...],
    given: Mapping[str, HyperparameterValue],
    seed: int,
) -> DeclaredSpace:
    """Everything that can be searched, with what is given held. Each candidate's defaults are built once.

    Raises:
        SearchError: nothing is left to search.
    """
    spaces = {
        one.name: explore(
            space_builder(one.architecture, **asdict(one.shape)),
            options_for(one.name, given),
        )
        for one in candidates
    }
    spaces, fixed = fix_each(spaces, given)
    for one in candidates:
        start_fresh(seed)  # Keras numbers layers anew
        _try_defaults(one, spaces[one.name], class_names)
    joint = join(spaces)
    if not read(joint).searched_names:
        raise SearchError(
            f"nothing is left to search: --set holds every hyperparameter of {candidates[0].name}; "
            "leave one out, or use `zoo train`"
        )
    return DeclaredSpace(joint, spaces, fixed)


def _try_defaults(candidate: Candidate, space: HyperParameters, class_names: tuple[str, ...]) -> None:
    """Build what the first trial may build, so that weights or a freeze that do not fit are told at once."""
    try:
        candidate.build(choose(space, {}), class_names)
    except ZooError:
        raise
    except Exception:  # noqa: S110  a plugin's own failure is recorded with the trial that meets it
        pass


def declare_finetuning(
    parent: Parent, candidate: Candidate, given: Mapping[str, HyperparameterValue], epochs: int, seed: int
) -> DeclaredSpace:
    """What can be searched when the parent is fine-tuned, with what is given held; the defaults are built once.

    Raises:
        SearchError: nothing is left to search.
    """
    fixed = check(own_space(), given)
    space = HyperParameters()
    declare_schedules(
        space,
        [str(fixed["freeze"])] if "freeze" in fixed else freeze_depths(parent.content.freeze_points),
        epochs,
        new_head=not parent.keeps_head,
        batchnorm=parent.has_batchnorm,
    )
    declared = {hp.name for hp in space.space}
    for name, value in {**parent.plan.hyperparameters, **with_defaults({}), **parent.inherited()}.items():
        if name not in declared:
            space.Fixed(name, value)
    space = fix(space, fixed)
    if not read(space).searched_names:
        raise SearchError(
            "nothing is left to search: --set and other options hold every hyperparameter; "
            "leave one out, or leave --search out"
        )
    start_fresh(seed)
    candidate.build(choose(space, {}), parent.class_names)
    return DeclaredSpace(space, {candidate.name: space}, fixed)


def first_trials(
    candidates: Sequence[Candidate],
    space: HyperParameters,
    known: Sequence[tuple[Hyperparameters, str]],
    *,
    algorithm: str,
    trials: int,
) -> list[tuple[Hyperparameters, str]]:
    """The hyperparameters of the first trials: the best prior ones, then each architecture's defaults.

    The authors of the defaults chose them, and few random draws beat them. Each architecture gets its first trial
    before any gets its second.
    """
    if ALGORITHMS[algorithm].own_order:
        return []
    names = [candidate.name for candidate in candidates]
    defaults = [(_defaults(space, name, names), "defaults") for name in names]
    first: list[tuple[Hyperparameters, str]] = []
    for values, origin in _one_of_each([*known, *defaults], names):
        if values not in [tried for tried, _ in first]:
            first.append((values, origin))
    return first[:trials]


def _one_of_each(
    choices: Sequence[tuple[Hyperparameters, str]], names: Sequence[str]
) -> list[tuple[Hyperparameters, str]]:
    """The same choices, each architecture's first one before any second one."""
    seen: set[str] = set()
    first: list[tuple[Hyperparameters, str]] = []
    later: list[tuple[Hyperparameters, str]] = []
    for values, origin in choices:
        architecture = from_joint(values, names)[0]
        (later if architecture in seen else first).append((values, origin))
        seen.add(architecture)
    return [*first, *later]


def prior_choices(
    workspace: Workspace,
    candidates: Sequence[Candidate],
    space: HyperParameters,
    dataset: DatasetVersion,
    objective: Objective,
    trials: int,
) -> list[tuple[Hyperparameters, str]]:
    """The best choices from this space in earlier searches, each with where it comes from.

    Args:
        trials: of the search; one in `PRIOR_SHARE` begins so.
    """
    names = [one.name for one in candidates]
    known = [
        replace(trial, hyperparameters=to_joint(one.name, trial.hyperparameters, names))
        for one in candidates
        for trial in workspace.registry.prior_trials(one.name, one.architecture.version)
    ]
    count = min(MOST_PRIOR, trials // PRIOR_SHARE)
    return list(choose_prior(known, dataset, read(space), objective, count, **asdict(candidates[0].shape)))


def _defaults(space: HyperParameters, name: str, names: Sequence[str]) -> Hyperparameters:
    hp = space.copy()
    hp.values = {ARCHITECTURE: name} if len(names) > 1 else {}
    fill_in(hp)
    values: Hyperparameters = hp.values
    return values
