"""The native REST API under `/api`, one file a resource."""
