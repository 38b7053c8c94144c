"""Tests; a package, because textstat installs a top-level package of the same name."""
