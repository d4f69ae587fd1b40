"""What the three languages say and understand."""
