"""A plugin whose jobs leave a mark, fail, hang or wait as they are told."""
