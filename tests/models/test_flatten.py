"""`zoo.flatten` may be imported at the top of a plugin, which must not start TensorFlow."""

from __future__ import annotations

import subprocess
import sys


def test_importing_it_imports_no_keras() -> None:
    code = "import sys; from zoo import flatten, from_hypermodel, load_weights; print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
