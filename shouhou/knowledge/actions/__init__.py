"""What touches more than one aggregate."""
