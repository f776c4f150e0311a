"""The driver that keeps cells, sends differences and paces itself by the terminal's answers."""
