"""Everything that makes and measures the released model: one command a step."""
