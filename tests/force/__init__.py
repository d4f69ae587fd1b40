"""Proof by force: the real program, killed, stopped, starved and lied to, and an independent checker."""
