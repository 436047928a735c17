"""Row 5: what a fit hands over to other programs, and instruments that it takes from them."""
