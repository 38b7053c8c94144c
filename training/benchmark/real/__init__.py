"""How well real pages are read: photos and scans of printed ECGs, with or without the signal."""
