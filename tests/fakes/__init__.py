"""Servers that speak the providers' real HTTP and refuse what the providers refuse."""
