"""Making the book: all of it, one chapter, the PDF, the archive."""
