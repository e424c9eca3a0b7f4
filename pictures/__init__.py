"""`make pictures`: every screen of the product, to be looked at."""
