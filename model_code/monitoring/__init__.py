"""One window of a model's captures, looked at by one job: what the monitoring state machine runs."""
