"""What is stored of an error."""

_LONGEST = 2_000


def last_error(text: str) -> str:
    """The beginning of it, as text that every database takes. An error may quote anything, such as an answer with a NUL
    or half of a surrogate pair in it."""
    return text[:_LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
