"""The cloud's parts on one machine: database, emulator, mail folder, gateway, queue poller."""
