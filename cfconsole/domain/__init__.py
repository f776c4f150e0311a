"""What is true and what to do: pure values and functions, without I/O, event loop or clock."""
