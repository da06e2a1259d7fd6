"""The causes of Keras's errors, which come with whole configurations around them."""

from __future__ import annotations

import re


def reason_of(error: BaseException) -> str:
    """Return the sentence that says what happened: the cause that an error ends with, at most 300 characters."""
    text = str(error)
    text = text.partition("\x1b[1m")[2].partition("\x1b[0m")[0] or text  # Keras prints the cause in bold
    text = re.split(r"(?:Exception|Error) encountered:\s", text)[-1]
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    sentence = re.split(r"\.? (?=Received|Full object config)|(?<=[^.])\. (?=[A-Z])", paragraph)[0]
    return sentence.rstrip(".: ")[:300] or type(error).__name__
