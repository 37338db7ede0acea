"""Other systems' interfaces on the same chat: adapters without a rule of their own. Each can be switched off."""
