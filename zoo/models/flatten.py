"""`zoo.flatten`, which a plugin may import at its top: it imports Keras only when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from zoo.models.flattening import Rename, Tensor


def flatten(model: keras.Model, inputs: Tensor, *, rename: Rename | None = None) -> Tensor:
    """Call the layers inside a model on `inputs`, one by one, and return its output: the model itself is not called.

    Functional and Sequential models inside the model are opened as well, at any depth. So each of the layers can be
    frozen, and a model inside the model becomes a stage. A model with its own `call` stays one layer. Input layers are
    dropped.

    The layers are those of the model, with their weights; a layer that the model shares or calls twice is shared or
    called twice. The model itself can still be called, but not be saved.

    Names: the layers of a model `stage1` inside the model are named `stage1_…`, unless they are already. A name that
    Keras has made up, such as `conv2d_17`, gets another number, counted from 0 in each model, or from 1 if it is the
    name of a model: `conv2d`, `conv2d_1`, `sequential_1_conv2d`. So names do not depend on what was built before. Of
    two equal names, the second one gets a number too.

    Args:
        model: a functional or a Sequential model.
        inputs: the KerasTensor on which to call it, or a list or dict of them if the model takes several.
        rename: returns the name of the layer at this path: the names of the models around the layer, from the
            outermost inner one on, and its own, separated by `/`, such as `stage1/conv2d`.

    Returns:
        The KerasTensor that the model would return, or several in the same structure.

    Raises:
        ContractError: the model has no graph of layers, a layer does not accept such inputs, or `rename` returns a name
            twice.
    """
    from zoo.models.flattening import lay_flat

    return lay_flat(model, inputs, rename=rename).outputs
