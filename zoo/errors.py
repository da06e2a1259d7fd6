"""The errors that input, files or plugins cause, each with a one-line message.

    ZooError
    ├── UnknownNameError      no architecture, dataset, layer … has that name; lists the nearest names
    ├── PluginError           a plugin cannot be found, loaded or written
    │   └── ContractError     a plugin's description breaks the contract
    │       ├── TimeLimitError     a plugin's code does not end
    │       └── RoundTripError     a trained model would not come back from the registry as it is
    ├── DatasetError          images are missing, unreadable or too few
    ├── HyperparameterError   a hyperparameter is unknown, out of range or has no effect
    ├── WeightsError          pre-trained weights cannot be read, or do not fit the network
    ├── FreezeError           the layers to freeze do not exist, or nothing would be left to train
    ├── TrainingError         a training cannot continue, for example because its loss became NaN
    ├── SearchError           a search cannot start, continue or be resumed
    ├── ExportError           a model cannot be written in a format
    ├── PlotError             a plot cannot be written to its path
    ├── RegistryError         the registry cannot be opened, read or written
    │   ├── NotFoundError     a reference names no model, run or search, or several
    │   └── ArtifactError     stored bytes are missing or damaged
    │       ├── MissingLayerError  a stored graph has a layer of a plugin that is not loaded
    │       └── LayerBuildError    a layer of a stored graph cannot be built from its configuration
    └── InterruptedWork       the user stopped the work; says how to resume it

Any other exception that reaches the user is a bug of zoo and keeps its traceback. The command line prints a
ZooError as one line, a RoundTripError as three, and exits 1; an error message says what happened, to which thing, and
what to do.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_MESSAGE = 300  # characters of a message of third-party code that are shown
TERMINAL_STYLES = re.compile(r"\x1b\[[0-9;]*m")


class ZooError(Exception):
    """The base class of all errors that a user can do something about."""

    def __reduce__(self) -> tuple[object, ...]:
        """Return how another process restores it: from its message, since a subclass may take other arguments."""
        return type(self).__new__, (type(self), *self.args), self.__dict__


class UnknownNameError(ZooError):
    """Nothing of this kind has this name.

    Args:
        kind: such as "architecture".
        name: the unknown name.
        available: all valid names.
        hint: further advice, a clause without a full stop.
    """

    def __init__(self, kind: str, name: str, available: Iterable[str], hint: str = "") -> None:
        options = sorted(available)
        self.kind, self.name = kind, name
        self.nearest = nearest_names(name, options)
        if self.nearest:
            advice = f": did you mean {_either(self.nearest)}?"
        elif options:
            advice = f"; available: {', '.join(options[:8])}{', …' if len(options) > 8 else ''}"
        else:
            advice = "; none available"
        joint = ", " if hint.startswith("or ") and not self.nearest else " "
        super().__init__(f"unknown {kind} '{name}'{advice}{joint + hint if hint else ''}")


class PluginError(ZooError):
    """A plugin cannot be found, loaded or written."""


class ContractError(PluginError):
    """A plugin's description of an architecture, dataset, source or decoder breaks the contract."""


class TimeLimitError(ContractError):
    """A plugin's code does not end, and was stopped."""


class RoundTripError(ContractError):
    """A classifier would not come back from the registry as it is; the message has three lines.

    Args:
        where: whose classifier, and the layer.
        reason: the cause.
        advice: what to write.

    Attributes:
        in_one_line: the message where there is room for one line.
    """

    def __init__(self, where: str, reason: str, advice: str) -> None:
        self.in_one_line = f"{where}: {reason}: {advice}"
        super().__init__(f"{where}\n  because  {reason}\n  fix      {advice}")


class DatasetError(ZooError):
    """A dataset is missing, unreadable or too small."""


class HyperparameterError(ZooError):
    """A hyperparameter is unknown, out of range or has no effect."""


class WeightsError(ZooError):
    """Pre-trained weights cannot be read, or do not fit the network."""


class FreezeError(ZooError):
    """The layers to freeze do not exist, or none would be left to train."""


class TrainingError(ZooError):
    """A training cannot continue."""


class SearchError(ZooError):
    """A search cannot start, continue or be resumed."""


class ExportError(ZooError):
    """A model cannot be written in a format."""


class PlotError(ZooError):
    """A plot cannot be written to its path."""


class RegistryError(ZooError):
    """The registry cannot be opened, read or written."""


class NotFoundError(RegistryError):
    """A reference names no model, run or search, or several."""


class ArtifactError(RegistryError):
    """Stored bytes are missing, damaged or cannot be written."""


class MissingLayerError(ArtifactError):
    """A stored graph has a layer that neither Keras nor a loaded plugin provides."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        super().__init__(
            f"the stored graph needs the layer '{layer}', which no loaded plugin provides: load the plugin with which "
            "the model was trained (`zoo show` names it)"
        )


class LayerBuildError(ArtifactError):
    """A stored graph cannot be built, because of one of its layers if that is known.

    Args:
        layer: the name of the layer; None: unknown.
        reason: the cause of the error that building it raised.
    """

    def __init__(self, layer: str | None, reason: str) -> None:
        self.layer, self.reason = layer, reason
        what = f"layer '{layer}' of the stored graph" if layer else "the stored graph"
        super().__init__(
            f"{what} cannot be built: {reason}; install the versions of Keras and of the plugin with which the model "
            "was trained (`zoo show` lists them)"
        )


class InterruptedWork(ZooError):
    """The user stopped the work; the message says how to resume it. The command line exits 130."""


def reason_of(error: BaseException) -> str:
    """The operating system's reason for an error, such as "permission denied"."""
    words = str(getattr(error, "strerror", None) or "").lower()
    return words or text_of(error) or type(error).__name__


def text_of(error: BaseException) -> str:
    """The whole message of any exception, a syntax error's without its place; empty if its `__str__` fails."""
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)
    except KeyboardInterrupt:
        raise
    except BaseException:  # the class may be a plugin's
        return ""


def in_one_line(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """The text on one line, cut to that many characters; control characters are shown as escapes such as `\\x07`."""
    line = " ".join(TERMINAL_STYLES.sub("", text).split())
    line = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in line[: longest + 1]
    )
    return line if len(line) <= longest else f"{line[:longest]} …"


def nearest_names(name: str, available: Iterable[str]) -> list[str]:
    """Up to three of the available names that are most similar to `name`, best first."""
    folded = {candidate.casefold(): candidate for candidate in available}
    matches = difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)
    return [folded[match] for match in matches]


def _either(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
