"""What is true and what to do: pure values and functions; no I/O, no async, no clock, stdlib only."""
