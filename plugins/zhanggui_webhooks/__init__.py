"""Programs outside are told what happened in the shop."""
