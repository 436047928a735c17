"""Which structure type a compound has, and how often each is found."""
