"""Everything that can go wrong for a user, as one tree.

    OpsError
    ├── UsageError            2   a wrong argument: names what is allowed
    ├── WorkspaceError       10   ops.yml cannot be used
    ├── DatabaseError        11   the database is missing, damaged or of another program
    ├── BusyError            12   another load, or run of the schedule, holds the lock
    ├── QueryError           13   the SQL of `query` or of a metric was refused
    ├── NotebookError        14   a notebook failed: names notebook, cell and line
    ├── RepositoryError      15   git is missing or does not know the commit
    ├── DestinationError     16   the place to write to is taken, full or not writable
    └── DeliveryError        17   a channel did not take a message, or did not say so

Each message says where, what was found, what is allowed and what to do.
"""

from __future__ import annotations


class OpsError(Exception):
    """A failure that the user can mend; the command line prints it without a traceback."""

    exit_code = 1


class UsageError(OpsError):
    exit_code = 2


class WorkspaceError(OpsError):
    exit_code = 10


class DatabaseError(OpsError):
    exit_code = 11


class BusyError(OpsError):
    exit_code = 12


class QueryError(OpsError):
    exit_code = 13


class NotebookError(OpsError):
    exit_code = 14


class RepositoryError(OpsError):
    exit_code = 15


class DestinationError(OpsError):
    exit_code = 16


class DeliveryError(OpsError):
    exit_code = 17
