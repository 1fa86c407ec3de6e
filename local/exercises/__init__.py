"""The exercises' one judge: questions, probes, checks, and the ideas that explain wrong answers."""
