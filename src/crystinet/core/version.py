"""The version of this program, where every row of the package can reach it."""

__version__ = "0.4.0"
