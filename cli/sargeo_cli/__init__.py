"""The command line of sargeo: parse, call the library, render what it returns."""
