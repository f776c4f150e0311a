"""What runs behind a revision and answers its requests: a simulation, or a process with real code."""
