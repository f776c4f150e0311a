"""What opens above the main screen: plans to confirm, text to read, help, the palette."""
