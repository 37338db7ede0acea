"""What follows a commit: consumers of the rooms' log, jobs, and what happens at a time."""
