"""Scores that were answered and labels reported later, in a database if the operator wants one.

SQLAlchemy is imported only here, and this package only when enabled.
"""
