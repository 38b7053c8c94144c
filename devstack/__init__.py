"""The development stack: HeartSense's AWS services, database and mail server on one machine."""
