"""Tests without sockets: the way of one ECG, the commands, training."""
