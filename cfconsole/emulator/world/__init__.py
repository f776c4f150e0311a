"""The state of the emulated cloud and the rules by which it changes; writes to services are in `services.py`."""
