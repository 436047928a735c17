"""Measured patterns, disturbed as samples and instruments do it: whether answers stay honest."""
