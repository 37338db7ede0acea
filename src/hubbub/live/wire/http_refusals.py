"""Answers to what never became a request."""

import msgspec

from hubbub.problem_details import Problem, unaddressed


def refusal(problem: Problem, more: bytes = b"") -> bytes:
    """An answer to what never became a request: with the headers that every other answer has, too."""
    body = msgspec.json.encode(problem)
    return (
        b"HTTP/1.1 %d %b\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\nconnection: close\r\n"
        b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\nx-content-type-options: nosniff\r\n"
        b"x-frame-options: DENY\r\nreferrer-policy: no-referrer\r\ncache-control: no-store\r\n%b\r\n%b"
    ) % (problem.status, problem.title.encode(), len(body), more, body)


TOO_LARGE = refusal(unaddressed(431, "too_large", "Request Header Fields Too Large", "The head is too large."))
TOO_MANY = refusal(
    unaddressed(429, "rate_limited", "Too Many Requests", "Too many connections from this address."),
    b"retry-after: 30\r\n",
)
INVALID = refusal(unaddressed(400, "invalid_input", "Bad Request", "This is no HTTP request."))
