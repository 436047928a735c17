"""Long work: in processes of its own, which survive nothing and lose nothing."""
