"""Orders: from the cart to the parcel."""
