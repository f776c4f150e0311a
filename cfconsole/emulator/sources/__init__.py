"""Source code of functions: how it is uploaded, unpacked and built."""
