"""Tests of the whole: browser, built functions, deployed stack, Docker."""
