"""A local emulator of the Google Cloud APIs that cfconsole uses. It imports nothing else of cfconsole."""
