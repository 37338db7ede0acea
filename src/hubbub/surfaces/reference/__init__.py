"""The published OpenAPI and AsyncAPI documents, generated from the types that validate requests, and HTML pages of
them."""
