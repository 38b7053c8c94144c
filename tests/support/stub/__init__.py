"""A small application for tests of the development stack: a template and its handlers."""
