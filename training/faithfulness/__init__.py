"""Whether heat-maps mark what the model's answer depends on."""
