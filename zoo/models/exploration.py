"""Finds the search space of a build: every hyperparameter that it declares, and what switches each of them on."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from keras_tuner import HyperParameters
from keras_tuner.engine import hyperparameters as kinds

from zoo.models.hyperparameters import OWN
from zoo.models.space import Values, domain, fill_in, value_of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from zoo.interfaces import HyperparameterValue

    Build = Callable[[HyperParameters], object]
    Condition = tuple[str, tuple[HyperparameterValue, ...]]
    Key = tuple[str, tuple[Condition, ...]]
    Pair = tuple[str, HyperparameterValue]

MOST_BUILDS = (
    200  # a build that declares ever more is left at that; `zoo.models.building` refuses what is missing
)
MOST_DECIDERS = 3  # hyperparameters that switch on another one together
MOST_PROBED = (
    16  # values of a whole number that are tried one by one; beyond, it is taken to have a threshold
)
MOST_VALUES = 1024  # that a condition may list


def explore(build: Build, options: Mapping[str, HyperparameterValue] | None = None) -> HyperParameters:
    """Every hyperparameter that `build` declares, conditional ones included, before the first trial.

    Builds once with the defaults, once more for each `conditional_scope` that has not been met yet, as Keras Tuner
    does before a search, and then with the extremes of each whole number and with each choice, many at a time, until
    nothing new appears. A hyperparameter that appears with some values only, as `units_2` in a loop over
    `range(hp.Int("layers", 1, 3))`, is conditional on the hyperparameters that switch it on.

    Not found are names that depend on a float, on a whole number between its extremes alone, or on chance.

    Args:
        build: declares the same names whenever it gets the same values.
        options: values for those that are not searched (`hp.Fixed`), without which a backbone may have nothing
            to build, as `tfhub` without its handle. Other names are passed over.

    Raises:
        HyperparameterError: an option is of the wrong type.
    """
    return _Exploration(build, options or {}).run()


class ExploringHyperparameters(HyperParameters):  # type: ignore[misc]  # keras_tuner is untyped
    """What has been declared so far, with some values, where options get theirs the moment they are declared.

    Args:
        implied: conditions of a declaration besides those that the code states.
    """

    def __init__(
        self,
        options: Mapping[str, HyperparameterValue],
        space: HyperParameters,
        implied: Mapping[Key, Sequence[Any]],
        values: Values,
    ) -> None:
        super().__init__()
        self.declared: dict[Key, Any] = {}
        self._options, self._implied = options, implied
        self.merge(space)
        for hp in space.space:
            if isinstance(hp, kinds.Fixed):
                self._take_option(hp)
        if values:
            self.values.update(values)
            fill_in(self)

    def Fixed(self, name: str, value: HyperparameterValue, **parent: Any) -> Any:  # noqa: N802  Keras Tuner's name
        if not self._exists(self._get_name(name)):
            self._take_option(kinds.Fixed(self._get_name(name), value))
        return super().Fixed(name, value, **parent)

    def _exists(self, name: str, conditions: Sequence[Any] | None = None) -> bool:
        """Also where a scope asks, without conditions, for a declaration that has implied ones here."""
        if super()._exists(name, conditions):
            return True
        return conditions is None and _key_of(name, self._conditions) in self.declared

    def _take_option(self, hp: Any) -> None:  # a keras_tuner Fixed
        if hp.name in self._options and hp.name not in OWN:
            self.values[hp.name] = value_of_type(hp, self._options[hp.name])

    def _retrieve(self, hp: Any) -> Any:  # a keras_tuner HyperParameter
        hp = copy.deepcopy(hp)  # its conditions are the scopes that are open now
        stated = hp.conditions
        self.declared.setdefault(_key(hp), copy.deepcopy(hp))
        hp.conditions = [*self._implied.get(_key(hp), ()), *stated]
        value = super()._retrieve(hp)
        if value is None and hp.conditions != stated and self._conditions_are_active(stated):
            return hp.default  # declared all the same, so the implied conditions are too narrow
        return value


class _Exploration:
    """What is known after some builds."""

    def __init__(self, build: Build, options: Mapping[str, HyperparameterValue]) -> None:
        self._build, self._options = build, options
        self.space = HyperParameters()
        self._implied: dict[Key, list[Any]] = {}
        self._seen: set[Key] = set()
        self._defaults: Values = {}
        self._built: dict[frozenset[Pair], Mapping[Key, Any]] = {}
        self._new: list[Values] = []  # builds whose declarations have not been looked at
        self._open: list[
            list[Any]
        ] = []  # conditional scopes, each a list of conditions, that some build left out
        self._met: list[list[Any]] = []
        self._tried: set[Pair] = set()
        self._alone: list[Pair] = []  # of probes that failed

    def run(self) -> HyperParameters:
        """Build until nothing is left to try."""
        self._try({})
        while len(self._built) < MOST_BUILDS:
            if self._new:
                self._record(self._new.pop(0))
            elif scope := next((scope for scope in self._open if scope not in self._met), None):
                self._met.append(scope)  # tried now; a condition that stays unmet is not tried twice
                wanted = {condition.name: condition.values[0] for condition in scope}
                self._probe(self._reach(wanted) or wanted)
            elif probe := self._next_probe():
                self._probe(probe)
            else:
                break
        return self.space

    def _try(self, values: Values) -> Mapping[Key, Any]:
        """Build with these values and the defaults of all others; what it declares, also where it fails then."""
        assignment = frozenset(values.items())
        if assignment in self._built:
            return self._built[assignment]
        hp = ExploringHyperparameters(self._options, self.space, self._implied, values)
        self._built[assignment] = hp.declared
        self._new.append(values)
        try:
            self._build(hp)
        finally:
            self._open += [scope for scope in hp.inactive_scopes if scope not in self._open]
        self._met += [scope for scope in hp.active_scopes if scope not in self._met]
        self._tried |= set(hp.values.items())
        if not values:
            self._defaults = dict(hp.values)
        return hp.declared

    def _probe(self, probe: Values) -> None:
        self._tried |= probe.items()
        try:
            self._try(probe)
        except (
            Exception
        ):  # extremes may not fit together, or not with these images, which a trial would report
            if len(probe) > 1:
                self._alone += probe.items()

    def _next_probe(self) -> Values:
        """As many values that have not been tried as go together; none where all have been."""
        while self._alone:
            name, value = self._alone.pop()
            reached = self._reach({name: value})
            if reached and frozenset(reached.items()) not in self._built:
                return reached
        probe: Values = {}
        for hp in self.space.space:
            for value in _extremes(hp):
                needed = self._needs(hp, probe)
                if hp.name not in probe and (hp.name, value) not in self._tried and needed is not None:
                    probe = self._reach({**probe, **needed, hp.name: value}) or probe
        return probe

    def _reach(self, wanted: Values) -> Values | None:
        """These values with those that switch their hyperparameters on; None where they exclude each other."""
        reached, waiting = dict(wanted), list(wanted)
        while waiting:
            name = waiting.pop()
            entries = [hp for hp in self.space.space if hp.name == name]
            needs = (self._needs(hp, reached) for hp in entries)
            needed = next((values for values in needs if values is not None), None)
            if needed is None:
                return None
            reached |= needed
            waiting += needed
        return reached

    def _needs(self, hp: Any, reached: Values) -> Values | None:  # a keras_tuner HyperParameter
        """The values that its conditions want besides those reached; None where they contradict them."""
        needed: Values = {}
        for condition in hp.conditions:
            current = {**self._defaults, **reached, **needed}.get(condition.name)
            if current in condition.values:
                continue
            fixed = any(
                isinstance(one, kinds.Fixed) for one in self.space.space if one.name == condition.name
            )
            if fixed or condition.name in reached:
                return None
            needed[condition.name] = condition.values[0]
        return needed

    def _record(self, values: Values) -> None:
        """Add to the space what this build declared and no earlier one, under the conditions that it has."""
        for key, hp in self._try(values).items():
            if key in self._seen:
                continue
            self._seen.add(key)
            implied = self._implied_conditions(key, values)
            if implied is not None:
                self._implied[key] = implied
                declared = copy.deepcopy(hp)
                declared.conditions = [*implied, *hp.conditions]
                self.space.merge([declared], overwrite=False)

    def _implied_conditions(self, key: Key, values: Values) -> list[Any] | None:
        """The conditions of a declaration besides those in the code; None where they cannot be found."""
        stated = {name for name, _ in key[1]}
        # What a scope's hyperparameter is implied to need, all in the scope needs.
        inherited = [
            condition
            for (name, _), conditions in self._implied.items()
            if name in stated
            for condition in conditions
        ]
        changed = [
            name
            for name in dict.fromkeys(hp.name for hp in self.space.space)
            if name in values and values[name] != self._defaults.get(name)
        ]
        if set(changed) <= stated:
            return _without(inherited, key[1])
        deciders = self._deciders(key, {name: values[name] for name in changed})
        if deciders is None:
            return None
        implied = inherited
        for name in (name for name in changed if name in deciders and name not in stated):
            switches = self._switching_values(key, name, deciders)
            if not switches or len(switches) > MOST_VALUES:
                return None
            implied += [*self._entry(name, deciders).conditions, _condition(name, switches)]
        return _without(implied, key[1])

    def _deciders(self, key: Key, changed: Values) -> Values | None:
        """Those of the changed values that suffice for the declaration; None where more than a few are needed."""
        needed: Values = {}
        for _ in range(MOST_DECIDERS):
            rest = [name for name in changed if name not in needed]
            low, high = 0, len(rest)
            while high - low > 1:  # the shortest front of `rest` that suffices with what is needed
                middle = (low + high) // 2
                front = {name: changed[name] for name in rest[:middle]}
                low, high = (low, middle) if self._declares(key, {**front, **needed}) else (middle, high)
            if not rest:
                return None
            needed[rest[high - 1]] = changed[rest[high - 1]]
            if self._declares(key, needed):
                return needed
        return None

    def _switching_values(self, key: Key, name: str, deciders: Values) -> list[HyperparameterValue]:
        """The values of one decider with which the build declares it, where the others are as they are."""

        def switches(value: HyperparameterValue) -> bool:
            return self._declares(key, {**deciders, name: value})

        entry = self._entry(name, deciders)
        every = list(domain(entry) or ())
        if len(every) <= MOST_PROBED or not isinstance(entry, kinds.Int):
            return [value for value in every if switches(value)]
        places = {value: place for place, value in enumerate(every)}
        default = places.get(self._defaults.get(name, entry.default), 0)
        below = _nearest_place(default, -1, lambda place: switches(every[place]))
        above = _nearest_place(default, len(every), lambda place: switches(every[place]))
        return [*every[: below + 1], *every[above:]]

    def _entry(self, name: str, values: Values) -> Any:  # a keras_tuner HyperParameter
        """The declaration of this name that is active with these values; one name may be declared several times."""
        reached = {**self._defaults, **(self._reach(values) or values)}
        entries = [hp for hp in self.space.space if hp.name == name]
        active = (hp for hp in entries if all(condition.is_active(reached) for condition in hp.conditions))
        return next(active, entries[0])

    def _declares(self, key: Key, values: Values) -> bool:
        reached = self._reach(values)
        if reached is None or (
            len(self._built) >= MOST_BUILDS and frozenset(reached.items()) not in self._built
        ):
            return False
        try:
            return key in self._try(reached)
        except Exception:  # as in a probe: what was declared until then counts
            return key in self._built[frozenset(reached.items())]


def _key(hp: Any) -> Key:  # a keras_tuner HyperParameter
    """Keras Tuner tells declarations apart by name and conditions."""
    return _key_of(hp.name, hp.conditions)


def _key_of(name: str, conditions: Iterable[Any]) -> Key:
    return name, tuple((condition.name, tuple(condition.values)) for condition in conditions)


def _without(conditions: Iterable[Any], stated: Iterable[Condition]) -> list[Any]:
    """Each of these keras_tuner conditions once, but for those stated."""
    each = {condition: one for one in conditions for condition in _key_of("", [one])[1]}
    return [one for condition, one in each.items() if condition not in stated]


def _condition(name: str, values: list[HyperparameterValue]) -> Any:  # a keras_tuner Parent
    """Keras Tuner has no public class for a condition, but reads one."""
    parent = {"class_name": "Parent", "config": {"name": name, "values": values}}
    return kinds.Fixed.from_config({"name": name, "value": "", "conditions": [parent]}).conditions[0]


def _extremes(hp: Any) -> Iterable[HyperparameterValue]:  # a keras_tuner HyperParameter
    """The values that show whether more is declared: the least and the greatest number, or each choice."""
    if hp.name in OWN or isinstance(hp, kinds.Fixed | kinds.Float):
        return ()
    every = domain(hp) or ()
    return (every[0], every[-1]) if isinstance(hp, kinds.Int) else every


def _nearest_place(off: int, beyond: int, holds: Callable[[int], bool]) -> int:
    """The place nearest to `off` from which on `holds` is true, up to the one before `beyond`; else `beyond`."""
    end = beyond - 1 if beyond > off else beyond + 1
    if end == off or not holds(end):
        return beyond
    while abs(end - off) > 1:
        middle = (off + end) // 2
        off, end = (off, middle) if holds(middle) else (middle, end)
    return end
