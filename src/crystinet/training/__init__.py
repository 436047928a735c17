"""Row 6: grouping, RCNets, losses, the training loop and the export of bundles (needs PyTorch)."""
