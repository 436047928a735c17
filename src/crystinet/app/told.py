"""What the document of an answer says first, and its ranking of all types, for front ends."""

from crystinet.model.in_short import ToldInShort, ToldType, told_in_short, told_types

__all__ = ["ToldInShort", "ToldType", "told_in_short", "told_types"]
