"""What a person who runs a step can mend."""


class ManifestError(ValueError):
    """A manifest lacks a column or names a label that is none of the six."""


class FeedbackError(ValueError):
    """A feedback export cannot be read, or nothing in it can be trained on."""
