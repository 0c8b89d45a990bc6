"""Foreign text -> harmless text; cells, durations and quantities as text. Depends on no other package."""
