"""What a chat is: accounts, sessions, rooms, messages. Plain Python; knows no SQL, no HTTP and no socket."""
