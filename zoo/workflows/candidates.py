"""The architectures of a search: what each takes, what of it is searched, and which trials come first."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from keras_tuner import HyperParameters
from keras_tuner.engine.hyperparameters import Fixed

from zoo.errors import HyperparameterError, NotFoundError, SearchError, ZooError
from zoo.models.classifier import space_builder
from zoo.models.hyperparameters import completed
from zoo.models.joint_space import ARCHITECTURE, fix_each, given_to, join, whole
from zoo.models.schedules import declare_schedules, freeze_depths
from zoo.models.space import check, choose, explore, fill_in, fix
from zoo.search.oracles import OWN_ORDER
from zoo.search.warm_start import choose_known
from zoo.training.fit import start_fresh
from zoo.workflows.candidate import Candidate
from zoo.workflows.images import InputShape, decode, prepare, shape_for
from zoo.workflows.parents import KEEP, NEW, find_parent, own_space
from zoo.workflows.workspace import check_weights, looks_like_path, weights_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.data.cache import DecodedDataset
    from zoo.data.sources import OpenedDataset
    from zoo.interfaces import (
        Architecture,
        DatasetVersion,
        Hyperparameters,
        HyperparameterValue,
        Objective,
        SearchPlan,
    )
    from zoo.workflows.images import Images
    from zoo.workflows.parents import Parent
    from zoo.workflows.workspace import Workspace

    Settings = dict[str, HyperparameterValue | None]

KNOWN_SHARE = 3  # of so many trials one has hyperparameters that are known from earlier searches …
MOST_KNOWN = 5  # … but no more than these


def find_candidates(
    workspace: Workspace, names: str, opened: OpenedDataset, image_size: int | None, weights: str | None
) -> tuple[Candidate, ...]:
    """The architectures of these names, with commas between.

    Of several, those that have no pre-trained weights of this name begin without; tells which.
    """
    found = [workspace.plugins.architecture(name.strip()) for name in names.split(",")]
    if len({architecture.name for architecture in found}) < len(found):
        raise SearchError(f"'{names}' names an architecture twice: name it once")
    begins_with = {architecture.name: weights for architecture in found}
    if len(found) == 1:
        check_weights(found[0], weights)
    elif weights is not None:
        begins_with = _weights_of_each(workspace, found, weights)
    return tuple(
        Candidate(one, shape_for(workspace, one, opened, image_size), begins_with[one.name]) for one in found
    )


def _weights_of_each(
    workspace: Workspace, found: Sequence[Architecture], weights: str
) -> dict[str, str | None]:
    if looks_like_path(weights):
        raise HyperparameterError(
            f"--weights {weights} is a file, which fits one architecture: search them one by one"
        )
    have = [architecture.name for architecture in found if weights in architecture.weights]
    if not have:
        raise HyperparameterError(
            f"none of {', '.join(one.name for one in found)} has weights '{weights}': leave --weights out"
        )
    for architecture in found:
        if architecture.name not in have:
            workspace.progress.notice(f"{architecture.name} has no weights '{weights}': its are random")
    return {one.name: weights if one.name in have else None for one in found}


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
            space_builder(one.architecture, **asdict(one.shape), class_names=class_names),
            given_to(one.name, given),
        )
        for one in candidates
    }
    spaces, fixed = fix_each(spaces, given)
    for one in candidates:
        start_fresh(seed)  # Keras numbers layers anew
        _try_defaults(one, spaces[one.name], class_names)
    joint = join(spaces)
    if all(isinstance(hp, Fixed) for hp in joint.space):
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
    for name, value in {**parent.plan.hyperparameters, **completed({}), **parent.inherited()}.items():
        if name not in declared:
            space.Fixed(name, value)
    space = fix(space, fixed)
    if all(isinstance(hp, Fixed) for hp in space.space):
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
    """What the first trials try: what is known to be good, then each architecture's defaults.

    The authors of the defaults chose them, and few random draws beat them.
    """
    if algorithm in OWN_ORDER:
        return []
    names = [one.name for one in candidates]
    first: list[tuple[Hyperparameters, str]] = []
    for values, origin in [*known, *((_defaults(space, name, names), "defaults") for name in names)]:
        if values not in [tried for tried, _ in first]:
            first.append((values, origin))
    return first[:trials]


def known_choices(
    workspace: Workspace,
    candidates: Sequence[Candidate],
    space: HyperParameters,
    dataset: DatasetVersion,
    objective: Objective,
    trials: int,
) -> list[tuple[Hyperparameters, str]]:
    """The best choices from this space in earlier searches, each with where it comes from.

    Args:
        trials: of the search; one in `KNOWN_SHARE` begins so.
    """
    names = [one.name for one in candidates]
    known = [
        replace(trial, hyperparameters=whole(one.name, trial.hyperparameters, names))
        for one in candidates
        for trial in workspace.registry.known_trials(one.name, one.architecture.version)
    ]
    count = min(MOST_KNOWN, trials // KNOWN_SHARE)
    return list(choose_known(known, dataset, space, objective, count, **asdict(candidates[0].shape)))


def _defaults(space: HyperParameters, name: str, names: Sequence[str]) -> Hyperparameters:
    hp = space.copy()
    hp.values = {ARCHITECTURE: name} if len(names) > 1 else {}
    fill_in(hp)
    values: Hyperparameters = hp.values
    return values


def settings_of(candidates: Sequence[Candidate]) -> Settings:
    """What a search stores of its candidates; of several, with the architecture's name in front."""
    settings: Settings = {}
    for one in candidates:
        prefix = "" if len(candidates) == 1 else f"{one.name}/"
        for name, value in {**asdict(one.shape), **weights_settings(one.weights)}.items():
            settings[f"{prefix}{name}"] = value
        if one.parent is not None:
            settings |= {**one.parent.settings, "parent": one.parent.model.id}
    return settings


def restore_candidates(
    workspace: Workspace, plan: SearchPlan, opened: OpenedDataset
) -> tuple[Candidate, ...]:
    """The candidates of a search that goes on.

    Raises:
        SearchError: an architecture has changed since, or the model to fine-tune was deleted.
    """
    found = [workspace.plugins.architecture(name) for name in plan.architectures]
    for architecture, version in zip(found, plan.architecture_version.split(","), strict=True):
        if architecture.version != version:
            raise SearchError(
                f"the search cannot go on: '{architecture.name}' is now version {architecture.version}, "
                f"it began with {version}; start a new search"
            )
    if plan.parent_id is not None:
        return (_restored_parent(workspace, plan, found[0], opened),)
    return tuple(_restored(architecture, plan) for architecture in found)


def _restored(architecture: Architecture, plan: SearchPlan) -> Candidate:
    own = trial_settings(plan, architecture.name)
    shape = InputShape(int(own["image_size"] or 0), int(own["channels"] or 0))
    return Candidate(architecture, shape, weights_of(plan, architecture.name))


def _restored_parent(
    workspace: Workspace, plan: SearchPlan, architecture: Architecture, opened: OpenedDataset
) -> Candidate:
    own = plan.settings
    try:
        model = workspace.registry.model(str(plan.parent_id))
    except NotFoundError:
        raise SearchError(
            f"the search cannot go on: model {plan.parent_id}, which its trials start from, was deleted; "
            "start a new search from another one"
        ) from None
    parent = find_parent(
        workspace,
        model,
        opened,
        {},
        head=KEEP if own["keeps_head"] else NEW,
        image_size=int(own["image_size"] or 0),
        channels=int(own["channels"] or 0),
    )
    return Candidate(architecture, parent.shape, parent=parent)


def weights_of(plan: SearchPlan, architecture: str) -> str | None:
    """The pre-trained weights that an architecture begins with: a name, a URL or an absolute path."""
    weights = trial_settings(plan, architecture).get("weights")
    return None if weights is None else str(weights)


def trial_settings(plan: SearchPlan, architecture: str) -> Settings:
    """The search's settings as they are for a trial of this architecture."""
    prefix = f"{architecture}/"
    shared = {name: value for name, value in plan.settings.items() if "/" not in name}
    own = {
        name.removeprefix(prefix): value for name, value in plan.settings.items() if name.startswith(prefix)
    }
    return {**shared, **own}


def prepare_each(
    workspace: Workspace, opened: OpenedDataset, candidates: Sequence[Candidate]
) -> tuple[Images, dict[str, DecodedDataset]]:
    """The dataset for the first candidate, checked and recorded; and, by name, decoded as each candidate takes it."""
    images = prepare(workspace, opened, candidates[0].shape)
    decoded = {candidates[0].shape: images.decoded}
    for one in candidates[1:]:
        if one.shape not in decoded:
            decoded[one.shape] = decode(workspace, opened, one.shape)
    return images, {one.name: decoded[one.shape] for one in candidates}
