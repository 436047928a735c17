"""From CIF files and tables into the store."""
