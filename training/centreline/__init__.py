"""Training of the network that corrects centrelines."""
