"""Backups: made while the shop sells, read back into SQLite or PostgreSQL alike.

One file holds everything: the rows of every table as they stood at one moment, the files, the settings without secrets, the
releases it was made by, and a manifest with rows and a checksum for each table. It is compressed, and sealed for keys that do
not lie beside it (``sealing``). A file is read from first to last before anything is written with it (``verifying``).
"""
