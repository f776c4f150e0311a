"""The rows of the table, one module each; every one is a function that takes a `Workshop` and yields `Row`s."""
