"""`python -m lading`: the same as the command `lading`."""

from lading.cli.main import main

if __name__ == "__main__":
    main()
