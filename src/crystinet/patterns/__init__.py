"""Row 1: powder patterns, their file formats and their preprocessing."""

from crystinet.patterns.config import PreprocessingConfig
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.preprocessing import prepare_simulated, preprocess, scale_intensity
from crystinet.patterns.readers import read_pattern, read_patterns

__all__ = [
    "Pattern",
    "PreprocessingConfig",
    "prepare_simulated",
    "preprocess",
    "read_pattern",
    "read_patterns",
    "scale_intensity",
]
