"""The source code of functions: uploads, archives and builds."""
