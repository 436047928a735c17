"""Drawing of training patterns in batches, with PyTorch."""
