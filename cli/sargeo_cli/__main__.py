"""``python -m sargeo_cli``: the command line of this very interpreter, wherever its scripts lie."""

from sargeo_cli.main import main

if __name__ == "__main__":
    main()
