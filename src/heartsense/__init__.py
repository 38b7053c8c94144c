"""HeartSense reads an ECG from its picture."""
