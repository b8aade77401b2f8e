"""Languages: texts, formats, catalogs, translated content."""
