"""Evaluation through rendered pages, by patient-grouped cross-validation."""
