"""What the functions' HTTP sides share: resolver, problems, authentication, authorization.

Nothing is re-exported: a function that knows no callers loads no accounts and no database.
"""
