"""The pages of the hotline, and the door of telephone systems."""
