"""The output of several commands for a model, as the fixture `plain` returns it."""

from __future__ import annotations

MODEL = """\
model  ID
architecture  tiny
dataset  {dataset}, version 1
{parent}val accuracy  #.####
test accuracy  #.####
classes  {classes}
input  {input}
parameters  {parameters}
size  {size} B
predict  zoo predict ID IMAGE…
fine-tune  zoo finetune ID DATASET --freeze all
"""


def model_fields(
    dataset: str,
    classes: str,
    *,
    has_parent: bool = False,
    input: str = "8×8, grayscale",  # noqa: A002  as it is printed
    parameters: int = 106,
) -> str:
    """The fields of a model of the architecture `tiny`.

    Args:
        classes: such as `2: dark, light`.
    """
    return MODEL.format(
        dataset=dataset,
        parent="parent  ID\n" if has_parent else "",
        classes=classes,
        input=input,
        parameters=parameters,
        size=4 * parameters,
    )
