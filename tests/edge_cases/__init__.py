"""The sixteen groups of edge cases that a system for events must survive, a module for each."""
