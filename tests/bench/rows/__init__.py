"""The rows of the table. Each module has a function that takes a `Workshop` and yields `Row`s."""
