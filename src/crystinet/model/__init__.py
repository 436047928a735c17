"""Row 4: bundles, the union of RCNets, reliability and verdicts; runs without PyTorch."""
