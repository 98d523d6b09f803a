"""How results become pictures, pages, a PDF and an archive."""
