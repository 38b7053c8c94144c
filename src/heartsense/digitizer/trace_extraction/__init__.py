"""Trace extraction: from ink on the rectified page to one curve per row."""
