"""The SQLite store of compounds."""
