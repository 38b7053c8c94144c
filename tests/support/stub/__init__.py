"""A small application for tests of the local stack: a template and its handlers."""
