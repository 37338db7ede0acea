"""Every table, for what treats all of them alike: migrations, copies from one database to another."""

from hubbub.store.sql import invitation_schema, schema, thread_schema, work_schema, workspace_schema

metadata = schema.metadata
assert invitation_schema.invitations.metadata is metadata
assert workspace_schema.workspaces.metadata is metadata
assert work_schema.jobs.metadata is thread_schema.threads.metadata is metadata
