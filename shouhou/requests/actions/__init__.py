"""What is done to requests across rows and rooms: intake, hand-over, talk, coverage, grouping."""
