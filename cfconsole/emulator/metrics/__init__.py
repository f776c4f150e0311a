"""Cloud Monitoring's metrics: stores, aligns and reduces points."""
