"""Bulk scans: a whole folder, archive or bucket of photos into one table.

    sources -> found photos -> crew of processes [read -> pipeline] -> journal -> results, summary, report
                                                                      (fsync'd)   (atomic, from the journal alone)

`sources` and `archives` find photos lazily, `crew` lets one process a core work on them, `journal` keeps every finished
row on disk so that a scan that was killed goes on, `results` and `report` write what people and programs read.
"""
