"""The state of the emulated cloud and the rules by which it changes."""
