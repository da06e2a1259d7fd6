"""The space of a search, and its first trials."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from keras_tuner import HyperParameters

from zoo.errors import SearchError, ZooError
from zoo.interfaces.algorithms import ALGORITHMS
from zoo.interfaces.spaces import ARCHITECTURE
from zoo.models.backbone_errors import reported
from zoo.models.building import SpaceBuilder
from zoo.models.exploration import explore
from zoo.models.freezing import freeze
from zoo.models.hyperparameters import OWN, backbone_values, refuse_pooling, with_defaults
from zoo.models.joint_space import fix_each, from_joint, join, options_for, to_joint
from zoo.models.layer_comparison import require_built_again
from zoo.models.probabilities import describe_softmax
from zoo.models.schedules import declare_schedules, freeze_depths
from zoo.models.space import check, choose, fill_in, fix, read
from zoo.search.warm_start import choose_prior
from zoo.training.fit import start_fresh
from zoo.workflows.origins import watch_origins
from zoo.workflows.parents import own_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces import (
        DatasetVersion,
        Hyperparameters,
        HyperparameterValue,
        Objective,
        Progress,
    )
    from zoo.models.classifier import Classifier
    from zoo.workflows.parents import Parent
    from zoo.workflows.search.candidates import Candidate
    from zoo.workflows.workspace import Workspace


PRIOR_SHARE = 3  # one of so many trials uses hyperparameters of an earlier search …
MOST_PRIOR = 5  # … but at most this number


@dataclass(frozen=True)
class DeclaredSpace:
    """The search space of all candidates.

    Args:
        joint: the space that the algorithm searches.
        each: candidate -> its own space.
        fixed: name in the joint space -> fixed value.
    """

    joint: HyperParameters
    each: Mapping[str, HyperParameters]
    fixed: Mapping[str, HyperparameterValue]


def declare_space(
    candidates: Sequence[Candidate],
    class_names: tuple[str, ...],
    hyperparameters: Mapping[str, HyperparameterValue],
    seed: int,
    progress: Progress,
) -> DeclaredSpace:
    """Return everything that can be searched, with these values fixed. Each candidate is also built with its defaults.

    Raises:
        SearchError: nothing is left to search.
        ContractError: a backbone cannot be built with its defaults, or loads nothing of its weights and has no other
            hyperparameters to try.
    """
    spaces, builders = {}, {}
    for candidate in candidates:
        builder = builders[candidate.name] = SpaceBuilder(candidate.architecture, **asdict(candidate.shape))
        with reported(candidate.architecture):
            spaces[candidate.name] = explore(builder, options_for(candidate.name, hyperparameters))
    each, fixed = fix_each(spaces, hyperparameters)
    for candidate in candidates:
        defaults = choose(each[candidate.name], {})
        classifier = _try_defaults(candidate, defaults, class_names, builders[candidate.name], seed, progress)
        if classifier is None:
            continue
        if warning := describe_softmax(candidate.architecture, classifier.features):
            progress.notice(warning)
        if candidate.plan.weights and not classifier.has_maps:
            # the space was explored without weights, where the backbone may have other features
            refuse_pooling(defaults.values, maps=False)
            spaces[candidate.name] = fix(spaces[candidate.name], {"pooling": OWN["pooling"].default})
    each, fixed = fix_each(spaces, hyperparameters)
    joint = join(each)
    if not read(joint).searched_names:
        raise SearchError(
            f"nothing is left to search: --set fixes every hyperparameter of {candidates[0].name}; "
            "leave one out, or use `zoo train`"
        )
    return DeclaredSpace(joint, each, fixed)


def _try_defaults(
    candidate: Candidate,
    hp: HyperParameters,
    class_names: tuple[str, ...],
    builder: SpaceBuilder,
    seed: int,
    progress: Progress,
) -> Classifier | None:
    """Return the default network, so that weights or layers to freeze that do not fit are refused at once."""
    try:
        # Weights may choose another network.
        layers = builder.layers(hp) if candidate.plan.weights is None else None
        searched = not read(hp).searched_names.isdisjoint(dict(backbone_values(hp)))
        watch = watch_origins(progress, candidate.architecture, candidate.plan, hp, searched=searched)
        start_fresh(seed)  # so that Keras numbers layers from the start
        classifier = candidate.build_unfrozen(hp, class_names, watch)
    except (ZooError, KeyboardInterrupt):
        raise
    except BaseException:  # a plugin's own failure is recorded with its trial
        return None
    require_built_again(candidate.architecture, layers, classifier, partial(builder.layers_again, hp))
    freeze(classifier, hp.get("freeze"))  # now: the layers compared would differ in `trainable`
    return classifier


def declare_finetuning(
    parent: Parent,
    candidate: Candidate,
    hyperparameters: Mapping[str, HyperparameterValue],
    epochs: int,
    seed: int,
) -> DeclaredSpace:
    """Return the space of a fine-tuning of the parent, with these hyperparameters fixed; the defaults are built once.

    Raises:
        SearchError: nothing is left to search.
    """
    fixed = check(own_space(), hyperparameters)
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
            "nothing is left to search: --set and other options fix every hyperparameter; "
            "leave one out, or leave --search out"
        )
    start_fresh(seed)
    candidate.build(choose(space, {}), parent.class_names)
    return DeclaredSpace(space, {candidate.name: space}, fixed)


def first_trials(
    candidates: Sequence[Candidate],
    space: HyperParameters,
    prior: Sequence[tuple[Hyperparameters, str]],
    *,
    algorithm: str,
    trials: int,
) -> list[tuple[Hyperparameters, str]]:
    """Return the hyperparameters of the first trials: the best of prior trials, then each architecture's defaults.

    Defaults were chosen by their authors, and few random draws are better. Each architecture gets its first trial
    before any gets its second.
    """
    if ALGORITHMS[algorithm].own_order:
        return []
    names = [candidate.name for candidate in candidates]
    defaults = [(_defaults(space, name, names), "defaults") for name in names]
    first: list[tuple[Hyperparameters, str]] = []
    for values, origin in _one_of_each([*prior, *defaults], names):
        if values not in [earlier for earlier, _ in first]:
            first.append((values, origin))
    return first[:trials]


def _one_of_each(
    choices: Sequence[tuple[Hyperparameters, str]], names: Sequence[str]
) -> list[tuple[Hyperparameters, str]]:
    """Return the same choices, each architecture's first one before any second one."""
    covered: set[str] = set()
    first: list[tuple[Hyperparameters, str]] = []
    later: list[tuple[Hyperparameters, str]] = []
    for values, origin in choices:
        architecture = from_joint(values, names)[0]
        (later if architecture in covered else first).append((values, origin))
        covered.add(architecture)
    return [*first, *later]


def prior_choices(
    workspace: Workspace,
    candidates: Sequence[Candidate],
    space: HyperParameters,
    dataset: DatasetVersion,
    objective: Objective,
    trials: int,
) -> list[tuple[Hyperparameters, str]]:
    """Return the best hyperparameters of prior trials that are in this space, each with its origin.

    Args:
        trials: of the search; one of `PRIOR_SHARE` uses them.
    """
    names = [candidate.name for candidate in candidates]
    prior = [
        replace(trial, hyperparameters=to_joint(candidate.name, trial.hyperparameters, names))
        for candidate in candidates
        for trial in workspace.registry.prior_trials(candidate.name, candidate.architecture.version)
    ]
    count = min(MOST_PRIOR, trials // PRIOR_SHARE)
    return list(choose_prior(prior, dataset, read(space), objective, count, **asdict(candidates[0].shape)))


def _defaults(space: HyperParameters, name: str, names: Sequence[str]) -> Hyperparameters:
    hp = space.copy()
    hp.values = {ARCHITECTURE: name} if len(names) > 1 else {}
    fill_in(hp)
    values: Hyperparameters = hp.values
    return values
