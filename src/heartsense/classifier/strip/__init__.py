"""One lead alone: its beats one by one, and its rhythm."""
