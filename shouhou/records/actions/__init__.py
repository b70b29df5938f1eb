"""What touches more than one aggregate: making, signing, filing, and reading the archive again."""
