"""Text of a record: clauses that facts support, captions and question-answer pairs."""
