"""The panes of the main screen: each keeps its cursor and selection and paints its own lines."""
