"""Records that are changed, dropped or refused by somebody else's code on their way."""
