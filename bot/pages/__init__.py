"""The pages that the machine itself serves."""
