"""`/v1`: text messaging with cookie sessions, group chats whose members all have the same rank, and P2P chats.

A P2P chat begins with its first message. Success is 200; what is 404, 409 or 422 in the native API is 400 here; 403 is
for chats the caller is not in, which answer as if they did not exist.
"""
