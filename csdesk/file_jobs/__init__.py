"""Files of the business on their way in and out (M-4): jobs, dry runs, columns, cells.

`jobs` runs them in the worker, `imports` and `exports` are the two ways, `columns` and `cells` say what
stands where. Which rows, and what becomes of them, is said by whoever uses it.
"""
