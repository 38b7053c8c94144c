"""Scale: millimetres per second and per millivolt, from text, calibration pulse or page."""
