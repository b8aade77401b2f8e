"""Its manifest holds values of the wrong kinds."""
