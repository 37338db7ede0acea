"""Plugins: what a package or a file may add to a server. A plugin imports its hooks and their shapes from here."""

from hubbub.plugins.hooks import (
    Answer,
    Draft,
    Invocation,
    NewPassword,
    PluginServer,
    Post,
    Refused,
    SignIn,
    SlashCommand,
    hookimpl,
    required,
)

__all__ = [
    "Answer",
    "Draft",
    "Invocation",
    "NewPassword",
    "PluginServer",
    "Post",
    "Refused",
    "SignIn",
    "SlashCommand",
    "hookimpl",
    "required",
]
