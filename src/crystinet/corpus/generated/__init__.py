"""Structure types that are made from the classes of a store: middle, limits, name."""
