"""A connection as a ladder: two lifelines and the segments between them."""
