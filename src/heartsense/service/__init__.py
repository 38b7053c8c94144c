"""What the functions share: accounts, predictions, reports, feedback, batches, e-mail and HTTP."""
