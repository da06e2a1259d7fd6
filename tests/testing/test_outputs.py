"""The checks that compare outputs do so on a network that was trained."""

from __future__ import annotations

import numpy as np

from tests.testing.bad_architectures import GOOD
from zoo.testing.architectures import networks_of
from zoo.testing.outputs import exports, predicts, reloads


def test_a_trained_network_is_stored_and_exported() -> None:
    networks = networks_of(GOOD, {})
    trained = networks.trained.network
    weights = trained.get_weights()
    reloads(networks)
    exports(networks)
    assert all(map(np.array_equal, trained.get_weights(), weights))
    assert not all(
        map(np.array_equal, networks.again.network.get_weights(), networks.classifier.network.get_weights())
    )


def test_predicting_changes_no_variable() -> None:
    networks = networks_of(GOOD, {})
    before = networks.classifier.network.get_weights()
    predicts(networks)
    assert all(map(np.array_equal, before, networks.classifier.network.get_weights()))
