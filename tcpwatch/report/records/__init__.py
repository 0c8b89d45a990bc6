"""The records of the headless commands. One file a record, with its schema; a format knows a record by that schema."""
