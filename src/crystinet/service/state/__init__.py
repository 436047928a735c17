"""What the service keeps: one SQLite file with uploads, results and jobs."""
