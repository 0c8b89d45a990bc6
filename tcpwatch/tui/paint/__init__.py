"""How anything is drawn: lines, rows, columns, glyphs, formats."""
