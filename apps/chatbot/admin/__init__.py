"""The bot in the console: libraries, settings, releases, test window, numbers."""
