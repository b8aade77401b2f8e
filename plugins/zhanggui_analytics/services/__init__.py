"""What writes and reads the kept sums."""
