"""Tests with real servers on this machine: database, cloud emulator, HTTP."""
