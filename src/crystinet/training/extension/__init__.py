"""One more set of networks for new types; the old ones stay."""
