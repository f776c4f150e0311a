"""The terminal driver: it keeps the screen as cells, sends differences, and paces itself by the terminal's answers."""
