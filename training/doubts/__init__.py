"""Doubts about answers, measured on held-out patients: reading errors, and unlike ECGs."""
