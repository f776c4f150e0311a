"""The HTTP side: real requests to simulated revisions, the alerts route and the admin endpoint."""
