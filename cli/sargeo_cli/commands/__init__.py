"""One module a command. Each imports the library inside its function: ``--help`` stays quick."""
