# A convenience only: README's two commands need nothing but Python and pip.

# Set up for development
setup:
    pip install -e '.[test,dev]'

# The tests
test:
    pytest

# Lint, types, floors, and whether docs/cli.md is what --help says
lint:
    ruff check .
    ruff format --check .
    mypy
    lint-imports
    python docs/generate_cli.py --check
    python docs/generate_networks.py --check

# Bring generated documents up to date
docs:
    python docs/generate_cli.py
    python docs/generate_networks.py
