"""The causes of Keras's errors, which come with whole configurations around them."""

from __future__ import annotations

import re

from zoo.errors import in_one_line, text_of

CURES = {
    "create a variable while in a stateless scope": (
        "create it in build() with self.add_weight(shape=…, initializer=…), and call the build() of sublayers in the "
        "build() of their layer"
    ),
}
"""Part of a sentence -> what to do. Keras says it in later paragraphs, and vaguely."""
SENTENCE_END = re.compile(
    r"\.? (?=Received|Full object config)|(?<=[^.])(?<!\.[a-z])(?<!\bvs)(?<!\bcf)\. (?=[A-Z])"  # not that of "e.g."
)


def reason_of(error: BaseException) -> str:
    """Return the sentence that says what happened: the cause that an error ends with, at most 300 characters.

    What to do follows it where the sentence alone does not help.
    """
    text = text_of(error)
    text = text.partition("\x1b[1m")[2].partition("\x1b[0m")[0] or text  # Keras prints the cause in bold
    text = re.split(r"(?:Exception|Error) encountered:\s", text)[-1]
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    sentence = SENTENCE_END.split(paragraph)[0]
    reason = in_one_line(sentence.rstrip(".: ")) or type(error).__name__
    return "; ".join([reason, *(cure for part, cure in CURES.items() if part in reason)])
