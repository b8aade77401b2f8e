"""Stars on everything that the storefront answers: a plugin that extends answers and paths."""
