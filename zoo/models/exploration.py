"""Finds the search space of a build: every hyperparameter that it declares, with its conditions."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from keras_tuner import HyperParameters
from keras_tuner.engine import hyperparameters as kinds

from zoo.errors import TimeLimitError
from zoo.models.hyperparameters import OWN
from zoo.models.space import Values, domain, fill_in, value_of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from zoo.interfaces import HyperparameterValue

    Build = Callable[[HyperParameters], object]
    Condition = tuple[str, tuple[HyperparameterValue, ...]]
    Key = tuple[str, tuple[Condition, ...]]
    Pair = tuple[str, HyperparameterValue]

MOST_BUILDS = 200  # after these, `zoo.models.building` refuses a hyperparameter that was not found
MOST_DECIDERS = 3  # hyperparameters that together activate another one
MOST_PROBED = 16  # values of an integer that are tried one by one; with more, a threshold is assumed
MOST_VALUES = 1024  # the longest list of values of a condition


def explore(build: Build, options: Mapping[str, HyperparameterValue] | None = None) -> HyperParameters:
    """Return every hyperparameter that `build` declares, including conditional ones.

    Builds once with the defaults and once for each `conditional_scope` that no build has entered yet, as Keras Tuner
    does before a search; then with the extremes of each integer and with each choice, many at a time, and with the
    extremes in each such scope, until nothing new appears. A hyperparameter that does not appear with the defaults,
    such as `units_2` in a loop over `range(hp.Int("layers", 1, 3))`, becomes conditional on the hyperparameters that
    activate it. One that appears with them is conditional only if the code says so.

    Names that depend on a float, on intermediate values of an integer only, or on randomness are not found.

    Args:
        build: must declare the same names whenever it gets the same values.
        options: values of hyperparameters that are not searched (`hp.Fixed`). Some backbones cannot be built without
            them, such as `tfhub` without its handle. Other names are ignored.

    Raises:
        HyperparameterError: an option is of the wrong type.
        TimeLimitError: a build does not end.
    """
    return _Exploration(build, options or {}).run()


def withdraw(hp: HyperParameters, names: AbstractSet[str], earlier: AbstractSet[str]) -> None:
    """Undo declarations of a build that turned out to have no effect on the network.

    Args:
        earlier: names that were declared before the build, which keep their values.
    """
    if isinstance(hp, ExploringHyperparameters):
        for key in [key for key in hp.declared if key[0] in names]:
            del hp.declared[key]
    hp.inactive_scopes[:] = [
        scope for scope in hp.inactive_scopes if not any(condition.name in names for condition in scope)
    ]
    unknown = names - earlier
    hp.space[:] = [declaration for declaration in hp.space if declaration.name not in unknown]
    for name in unknown:
        hp._hps.pop(name, None)  # Keras Tuner has no public way to remove a declaration
        hp.values.pop(name, None)


class ExploringHyperparameters(HyperParameters):  # type: ignore[misc]  # keras_tuner is untyped
    """The hyperparameters declared so far, with some values. Options take their values when they are declared.

    Args:
        implied: conditions of a declaration in addition to those in the code.
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
        """Also find a declaration with implied conditions, for which Keras Tuner's scope asks without conditions."""
        if super()._exists(name, conditions):
            return True
        return conditions is None and _key_of(name, self._conditions) in self.declared

    def _take_option(self, hp: Any) -> None:  # a keras_tuner Fixed
        if hp.name in self._options and hp.name not in OWN:
            self.values[hp.name] = value_of_type(hp, self._options[hp.name])

    def _retrieve(self, hp: Any) -> Any:  # a keras_tuner HyperParameter
        hp = copy.deepcopy(hp)  # its conditions are the scopes around it
        stated = hp.conditions
        self.declared.setdefault(_key(hp), copy.deepcopy(hp))
        hp.conditions = [*self._implied.get(_key(hp), ()), *stated]
        value = super()._retrieve(hp)
        if value is None and hp.conditions != stated and self._conditions_are_active(stated):
            return hp.default  # it is declared, so the implied conditions are too narrow
        return value


class _Exploration:
    """The state of an exploration after some builds."""

    def __init__(self, build: Build, options: Mapping[str, HyperparameterValue]) -> None:
        self._build, self._options = build, options
        self.space = HyperParameters()
        self._implied: dict[Key, list[Any]] = {}
        self._recorded: set[Key] = set()
        self._defaults: Values = {}
        self._built: dict[frozenset[Pair], Mapping[Key, Any]] = {}
        self._pending: list[Values] = []  # builds whose declarations are not in the space yet
        self._skipped: list[
            list[Any]
        ] = []  # conditional scopes, each a list of conditions, that a build did not enter
        self._entered: list[list[Any]] = []
        self._tried: set[Pair] = set()
        self._retries: list[Pair] = []  # values of failed probes, to be tried one at a time

    def run(self) -> HyperParameters:
        """Build until nothing is left to try."""
        self._try({})
        while len(self._built) < MOST_BUILDS:
            if self._pending:
                self._record(self._pending.pop(0))
            elif scope := next((scope for scope in self._skipped if scope not in self._entered), None):
                self._entered.append(scope)  # even if this probe fails to enter it, it is not tried again
                values = {condition.name: condition.values[0] for condition in scope}
                self._probe(self._activate(values) or values)
            elif probe := self._next_probe() or self._next_scope_probe():
                self._probe(probe)
            else:
                break
        return self.space

    def _try(self, values: Values) -> Mapping[Key, Any]:
        """Return what a build declares, up to its end or its failure, with these values and otherwise defaults."""
        assignment = frozenset(values.items())
        if assignment in self._built:
            return self._built[assignment]
        hp = ExploringHyperparameters(self._options, self.space, self._implied, values)
        self._built[assignment] = hp.declared
        self._pending.append(values)
        try:
            self._build(hp)
        finally:
            self._skipped += [scope for scope in hp.inactive_scopes if scope not in self._skipped]
        self._entered += [scope for scope in hp.active_scopes if scope not in self._entered]
        self._tried |= set(hp.values.items())
        if not values:
            self._defaults = dict(hp.values)
        return hp.declared

    def _probe(self, probe: Values) -> None:
        self._tried |= probe.items()
        try:
            self._try(probe)
        except (TimeLimitError, KeyboardInterrupt):  # other values may take as long
            raise
        except BaseException:  # extremes may not fit together, or not these images; a trial would report that
            if len(probe) > 1:
                self._retries += probe.items()

    def _next_probe(self) -> Values:
        """Return as many untried values as can be combined; an empty dict if none are left."""
        while self._retries:
            name, value = self._retries.pop()
            values = self._activate({name: value})
            if values and frozenset(values.items()) not in self._built:
                return values
        probe: Values = {}
        for hp in self.space.space:
            for value in _extremes(hp):
                needed = self._needs(hp, probe)
                if hp.name not in probe and (hp.name, value) not in self._tried and needed is not None:
                    probe = self._activate({**probe, **needed, hp.name: value}) or probe
        return probe

    def _next_scope_probe(self) -> Values:
        """Return the largest, or the smallest, integers in a conditional scope that the defaults do not enter.

        A loop in such a scope may declare what it does not declare elsewhere. Empty if all have been tried.
        """
        for scope in self._skipped:
            values = self._activate({condition.name: condition.values[0] for condition in scope})
            for extreme in (max, min) if values else ():
                probe = dict(values or {})
                for hp in self.space.space:
                    value = (
                        extreme(_extremes(hp)) if isinstance(hp, kinds.Int) and _extremes(hp) else hp.default
                    )
                    needed = self._needs(hp, probe)
                    if value != hp.default and hp.name not in probe and needed is not None:
                        probe = self._activate({**probe, **needed, hp.name: value}) or probe
                if frozenset(probe.items()) not in self._built:
                    return probe
        return {}

    def _activate(self, values: Values) -> Values | None:
        """Return these values and those that activate their hyperparameters; None if they exclude each other."""
        complete, names = dict(values), list(values)
        while names:
            name = names.pop()
            entries = [hp for hp in self.space.space if hp.name == name]
            needs = (self._needs(hp, complete) for hp in entries)
            needed = next((values for values in needs if values is not None), None)
            if needed is None:
                return None
            complete |= needed
            names += needed
        return complete

    def _needs(self, hp: Any, values: Values) -> Values | None:  # a keras_tuner HyperParameter
        """Return the values that its conditions require in addition to these; None if they contradict these."""
        needed: Values = {}
        for condition in hp.conditions:
            current = {**self._defaults, **values, **needed}.get(condition.name)
            if current in condition.values:
                continue
            parents = (parent for parent in self.space.space if parent.name == condition.name)
            if condition.name in values or any(isinstance(parent, kinds.Fixed) for parent in parents):
                return None
            needed[condition.name] = condition.values[0]
        return needed

    def _record(self, values: Values) -> None:
        """Add to the space what this build was the first to declare, with its conditions."""
        for key, hp in self._try(values).items():
            if key in self._recorded:
                continue
            self._recorded.add(key)
            implied = self._implied_conditions(key, values)
            if implied is not None:
                self._implied[key] = implied
                declared = copy.deepcopy(hp)
                declared.conditions = [*implied, *hp.conditions]
                self.space.merge([declared], overwrite=False)

    def _implied_conditions(self, key: Key, values: Values) -> list[Any] | None:
        """Return the conditions of a declaration in addition to those in the code; None if they cannot be found."""
        stated = {name for name, _ in key[1]}
        # Implied conditions of a scope's hyperparameter apply to everything in the scope.
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
            values_of_name = self._activating_values(key, name, deciders)
            if not values_of_name:
                return None
            implied += [*self._entry(name, deciders).conditions, _condition(name, values_of_name)]
        return _without(implied, key[1])

    def _deciders(self, key: Key, changed: Values) -> Values | None:
        """Return the changed values that suffice for the declaration; None if more than a few are needed."""
        needed: Values = {}
        for _ in range(MOST_DECIDERS):
            rest = [name for name in changed if name not in needed]
            low, high = 0, len(rest)
            while high - low > 1:  # find the shortest start of `rest` that suffices together with `needed`
                middle = (low + high) // 2
                start = {name: changed[name] for name in rest[:middle]}
                low, high = (low, middle) if self._declares(key, {**start, **needed}) else (middle, high)
            if not rest:
                return None
            needed[rest[high - 1]] = changed[rest[high - 1]]
            if self._declares(key, needed):
                return needed
        return None

    def _activating_values(self, key: Key, name: str, deciders: Values) -> list[HyperparameterValue]:
        """Return the values of one decider with which the build declares the key, the others unchanged.

        Return an empty list if there are more than a condition may list.
        """

        def activates(value: HyperparameterValue) -> bool:
            return self._declares(key, {**deciders, name: value})

        entry = self._entry(name, deciders)
        values = domain(entry) or ()  # of an integer perhaps a range of billions
        if len(values) <= MOST_PROBED or not isinstance(entry, kinds.Int):
            return [value for value in values if activates(value)]
        value = self._defaults.get(name, entry.default)
        default = values.index(value) if value in values else 0
        below = _nearest_index(default, -1, lambda index: activates(values[index]))
        above = _nearest_index(default, len(values), lambda index: activates(values[index]))
        if below + 1 + len(values) - above > MOST_VALUES:
            return []
        return [*values[: below + 1], *values[above:]]

    def _entry(self, name: str, values: Values) -> Any:  # a keras_tuner HyperParameter
        """Return the declaration of this name that is active with these values; a name may have several."""
        complete = {**self._defaults, **(self._activate(values) or values)}
        entries = [hp for hp in self.space.space if hp.name == name]
        active = (hp for hp in entries if all(condition.is_active(complete) for condition in hp.conditions))
        return next(active, entries[0])

    def _declares(self, key: Key, values: Values) -> bool:
        complete = self._activate(values)
        if complete is None:
            return False
        assignment = frozenset(complete.items())
        if len(self._built) >= MOST_BUILDS and assignment not in self._built:
            return False
        try:
            return key in self._try(complete)
        except (TimeLimitError, KeyboardInterrupt):
            raise
        except BaseException:  # as in a probe: what was declared before the failure counts
            return key in self._built[assignment]


def _key(hp: Any) -> Key:  # a keras_tuner HyperParameter
    """Return the name and the conditions, by which Keras Tuner distinguishes declarations."""
    return _key_of(hp.name, hp.conditions)


def _key_of(name: str, conditions: Iterable[Any]) -> Key:
    return name, tuple((condition.name, tuple(condition.values)) for condition in conditions)


def _without(conditions: Iterable[Any], stated: Iterable[Condition]) -> list[Any]:
    """Return each of these keras_tuner conditions once, except those stated in the code."""
    unique = {_key_of("", [condition])[1][0]: condition for condition in conditions}
    return [condition for plain, condition in unique.items() if plain not in stated]


def _condition(name: str, values: list[HyperparameterValue]) -> Any:  # a keras_tuner Parent
    """Return a condition. Keras Tuner has no public class for one, but reads it from a configuration."""
    parent = {"class_name": "Parent", "config": {"name": name, "values": values}}
    return kinds.Fixed.from_config({"name": name, "value": "", "conditions": [parent]}).conditions[0]


def _extremes(hp: Any) -> Sequence[HyperparameterValue]:  # a keras_tuner HyperParameter
    """Return the values with which to look for more declarations: the smallest and largest number, or each choice."""
    if hp.name in OWN or isinstance(hp, kinds.Fixed | kinds.Float):
        return ()
    values = domain(hp) or ()
    return (values[0], values[-1]) if isinstance(hp, kinds.Int) else values


def _nearest_index(start: int, stop: int, predicate: Callable[[int], bool]) -> int:
    """Return the index nearest to `start` for which the predicate is true, by bisection; `stop` if it never is.

    Args:
        start: it is false here, and then true from some index on.
        stop: exclusive, above or below `start`.
    """
    end = stop - 1 if stop > start else stop + 1
    if end == start or not predicate(end):
        return stop
    while abs(end - start) > 1:
        middle = (start + end) // 2
        start, end = (start, middle) if predicate(middle) else (middle, end)
    return end
