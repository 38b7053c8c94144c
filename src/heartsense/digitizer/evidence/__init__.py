"""Evidence: whether what was read is an ECG, which way up it is, and whether its scale fits."""
