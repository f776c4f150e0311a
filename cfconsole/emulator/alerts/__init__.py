"""Cloud Monitoring's alerting: policies, snoozes, and the alerts that open and close by themselves."""
