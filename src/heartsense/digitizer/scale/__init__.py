"""Scale: paper speed and gain from the printed legend, the calibration pulse or the layout."""
