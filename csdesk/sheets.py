"""The sheets of the component page and the states in which each can be shown."""

STATES: dict[str, tuple[str, ...]] = {
    name: tuple(states.split())
    for name, states in {
        "parts": "all",
        "thread": "customer seat",
        "window": "serving loading empty cards queued long offline closed refused",
        "desk": "serving loading empty free offers long offline ended failed",
        "records": "list nothing empty failed",
        "console": "overview empty form wrong",
    }.items()
}
