"""Plain Python that everything leans on: no Flask, no database."""
