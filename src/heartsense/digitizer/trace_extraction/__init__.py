"""Trace extraction: from the ink of the rectified page to one centreline per row."""
