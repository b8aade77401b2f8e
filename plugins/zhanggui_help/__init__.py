"""Help: articles, search, tours, and what the shop writes itself."""
