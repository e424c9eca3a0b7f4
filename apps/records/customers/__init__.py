"""The pages of the customers (D-9, S-13, S-14): the list, a profile, what is noted, the blacklist."""
