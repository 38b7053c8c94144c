"""Page layout: which lead is drawn where, and the ECG that follows from it."""
