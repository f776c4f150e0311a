"""Cloud Monitoring's metrics: points are kept, aligned and reduced here."""
