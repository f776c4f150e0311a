"""From state to lines: pure functions that know words, columns and style names, and nothing of Textual."""
