"""Pure rules of requests: severity, reassignment, the words of channels and facts."""
