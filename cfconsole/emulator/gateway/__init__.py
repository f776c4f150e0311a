"""The HTTP server: requests to services, uploads, the alerts route and the admin endpoint."""
