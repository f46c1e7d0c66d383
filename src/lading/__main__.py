"""`python -m lading`: the same as the command `lading`."""

from lading.cli.main import run

if __name__ == "__main__":
    run()
