"""Small mistakes put into the package on purpose, to see whether a test notices: `python -m tests.mutate --seed alpha`.

Written here, for neither of the testers that are kept up fits. mutmut leaves alone what stands outside of functions,
where half of the domain's tables and bounds are, works inside the work tree and draws no samples. cosmic-ray changes
the work tree in place and starts the whole test command for every mutant. The operators are a page of `ast`; what makes
it quick is to know which tests are near and what to load before a fork.
"""
