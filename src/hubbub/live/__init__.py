"""How it reaches people now: the sockets, the hub that knows who listens here, and the bus between nodes."""
