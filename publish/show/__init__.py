"""What chapters call to show something: figures, explorers, tables, files, parameters."""
