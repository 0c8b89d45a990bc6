"""Foreign text -> harmless text; cells, time spans and quantities in words. Knows nothing of the rest."""
