"""What grading leaves behind: the gradebook and everything made from it."""
