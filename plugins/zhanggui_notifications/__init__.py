"""Messages to customers and staff: rows first, then whichever channel reaches them."""
