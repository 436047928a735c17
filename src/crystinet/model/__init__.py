"""Row 4: bundles, their RCNets, reliability and verdicts; runs without PyTorch."""
