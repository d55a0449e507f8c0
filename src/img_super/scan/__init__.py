"""Bulk scans: a whole folder, archive or bucket of photos into one table.

sources -> found photos -> crew of processes [read -> pipeline] -> journal -> results, summary, report
                                                                  (fsync'd)   (atomic, from the journal alone)
"""
