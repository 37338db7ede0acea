"""The native REST API under `/api`, one file per resource."""
