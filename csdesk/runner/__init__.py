"""`make run`: everything csdesk needs, started, watched and stopped together."""
