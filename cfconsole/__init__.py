"""A full-screen console for Cloud Run services and 2nd-gen Cloud Functions."""
