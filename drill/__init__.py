"""The failure drill: customers and agents under load while parts are killed, then the history is audited."""
