"""Pictures that show no ECG, drawn at random, and how many of them are taken for one."""
