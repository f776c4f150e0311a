"""The panes of the main screen: each holds what the operator chose in it and paints its own lines."""
