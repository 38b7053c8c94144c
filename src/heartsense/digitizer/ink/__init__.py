"""Ink: how dark each pixel is, what of it is ink, and what of the ink belongs to a trace."""
