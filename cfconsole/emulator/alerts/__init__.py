"""Cloud Monitoring's alerting: alert policies, snoozes, and the alerts that policies open and close."""
