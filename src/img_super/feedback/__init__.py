"""What was answered, by numbers alone, and what turned out to be true: in a database that the operator switches on.

SQLAlchemy is imported in here only, and this room only when it is switched on.
"""
